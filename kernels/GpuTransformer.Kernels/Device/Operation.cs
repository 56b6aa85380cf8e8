using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>An operation of a kernel set: checks its arguments, chooses the variant for the device, launches it.</summary>
/// <typeparam name="TArgs">The argument struct; it is also the kernels' only argument.</typeparam>
public abstract class Operation<TArgs>
    where TArgs : struct
{
    private readonly Variant<TArgs>[] _table;
    private readonly Launcher?[] _launchers;
    private readonly object _gate = new();

    private protected Operation(KernelSet kernels, string name, Variant<TArgs>[] table)
    {
        Kernels = kernels;
        Name = name;
        _table = table;
        _launchers = new Launcher?[table.Length];
    }

    /// <summary>Name of the operation, as reports show it.</summary>
    public string Name { get; }

    /// <summary>The set that this operation belongs to.</summary>
    public KernelSet Kernels { get; }

    internal ReadOnlySpan<Variant<TArgs>> Table => _table;

    /// <summary>Checks the arguments, chooses the variant and launches it on the stream.</summary>
    /// <exception cref="ShapeException">The views do not hold the shapes; nothing was launched.</exception>
    /// <exception cref="DeviceException">The device cannot run the variant that was asked for.</exception>
    public void Run(AcceleratorStream stream, in TArgs args)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Check(args);
        if (IsEmpty(args))
        {
            return;
        }

        var index = Choose(args);
        if (_table[index] is CpuVariant<TArgs> cpu)
        {
            // The CPU accelerator's launches block, so what was launched before on this stream is done.
            cpu.Run(Kernels.Pool, args);
            return;
        }

        var launcher = Load(index);
        launcher.Kernel(stream, launcher.Grid(args), args);
    }

    /// <summary>Name of the variant that these arguments would run as.</summary>
    public string VariantFor(in TArgs args) => _table[Choose(args)].Name;

    /// <summary>Checks, chooses and loads once, for a plan.</summary>
    internal BoundOperation Bind(in TArgs args)
    {
        Check(args);
        var index = Choose(args);
        var variant = _table[index];
        var (shape, flops, bytes) = Describe(args);
        var info = new OperationInfo(Name, variant.Name, variant.Kind, shape, flops, bytes);
        if (variant is CpuVariant<TArgs> cpu)
        {
            return cpu.Bind(Kernels.Pool, args, info);
        }

        var launcher = Load(index);
        return new BoundKernel<TArgs>(launcher.Kernel, launcher.Grid(args), args, info);
    }

    /// <summary>Runs one named entry of the table, for tests, verify and bench.</summary>
    internal void RunVariant(AcceleratorStream stream, in TArgs args, Variant<TArgs> variant)
    {
        Check(args);
        if (variant is CpuVariant<TArgs> cpu)
        {
            cpu.Run(Kernels.Pool, args);
            return;
        }

        var launcher = Load(Array.IndexOf(_table, variant));
        launcher.Kernel(stream, launcher.Grid(args), args);
    }

    /// <summary>Refuses shapes that do not fit, before anything is launched.</summary>
    protected abstract void Check(in TArgs args);

    /// <summary>Whether there is nothing to compute (zero rows).</summary>
    protected abstract bool IsEmpty(in TArgs args);

    /// <summary>Shape, floating-point operations and bytes moved, at capacity.</summary>
    protected abstract (string Shape, long Flops, long Bytes) Describe(in TArgs args);

    private int Choose(in TArgs args) => VariantChoice.Select(Name, _table, Kernels.Traits, args, Kernels.RequestedVariant);

    private Launcher Load(int index)
    {
        var launcher = Volatile.Read(ref _launchers[index]);
        if (launcher is not null)
        {
            return launcher;
        }

        lock (_gate)
        {
            if (_launchers[index] is { } other)
            {
                return other;
            }

            var variant = (KernelVariant<TArgs>)_table[index];
            try
            {
                launcher = new Launcher(Kernels.Accelerator.LoadKernel(variant.Kernel), variant.Grid(Kernels.Traits));
            }
            catch (Exception error) when (error is not GpuTransformerException)
            {
                throw new DeviceException(
                    $"{Kernels.Traits.Name}: kernel {variant.Name} of {Name} does not compile: {error.Message}", error);
            }

            Volatile.Write(ref _launchers[index], launcher);
            return launcher;
        }
    }

    private sealed record Launcher(
        Action<AcceleratorStream, KernelConfig, TArgs> Kernel, ArgsFunction<TArgs, KernelConfig> Grid);
}
