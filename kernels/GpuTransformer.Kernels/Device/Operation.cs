using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>An operation of a kernel set: checks its arguments, chooses the variant for the device, launches it.</summary>
/// <typeparam name="TArgs">The argument struct; it is also the kernels' only argument.</typeparam>
public abstract class Operation<TArgs>
    where TArgs : struct
{
    private readonly Variant<TArgs>[] _table;
    private readonly LoadedKernel<TArgs>?[] _loaded;

    // Internal, so that tests make operations of their own and nobody outside does.
    internal Operation(KernelSet kernels, string name, Variant<TArgs>[] table)
    {
        Kernels = kernels;
        Name = name;
        _table = table;
        _loaded = new LoadedKernel<TArgs>?[table.Length];
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

        Loaded(index).Run(stream, args);
    }

    /// <summary>Name of the variant that these arguments would run as.</summary>
    public string VariantFor(in TArgs args) => _table[Choose(args)].Name;

    /// <summary>Checks and chooses once, for a plan. Kernels are not compiled yet: <see cref="BoundOperation.Kernel"/>.</summary>
    internal BoundOperation Bind(in TArgs args)
    {
        Check(args);
        return Bind(args, Choose(args));
    }

    /// <summary>The same with one named entry of the table, for tuning.</summary>
    internal BoundOperation BindVariant(in TArgs args, string variant)
    {
        Check(args);
        return Bind(args, Array.FindIndex(_table, entry => entry.Name == variant));
    }

    private BoundOperation Bind(in TArgs args, int index)
    {
        var variant = _table[index];
        var (shape, flops, bytes) = Describe(args);
        var info = new OperationInfo(Name, variant.Name, variant.Kind, shape, flops, bytes);
        if (variant is CpuVariant<TArgs> cpu)
        {
            return cpu.Bind(Kernels.Pool, args, info);
        }

        return new BoundKernel<TArgs>(Loaded(index), args, info);
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

        Loaded(Array.IndexOf(_table, variant)).Run(stream, args);
    }

    /// <summary>Refuses shapes that do not fit, before anything is launched.</summary>
    protected abstract void Check(in TArgs args);

    /// <summary>Whether there is nothing to compute (zero rows).</summary>
    protected abstract bool IsEmpty(in TArgs args);

    /// <summary>Shape, floating-point operations and bytes moved, at capacity.</summary>
    protected abstract (string Shape, long Flops, long Bytes) Describe(in TArgs args);

    /// <summary>The shapes that are tuned together with this one; null: there is nothing to tune.</summary>
    internal virtual ShapeClass? ClassOf(in TArgs args) => null;

    private int Choose(in TArgs args)
    {
        var tuned = Kernels.Tuning.Count > 0 && ClassOf(args) is { } shape ? Kernels.Tuning.Find(Name, shape) : null;
        return VariantChoice.Select(Name, _table, Kernels.Traits, args, Kernels.RequestedVariant, tuned);
    }

    private LoadedKernel<TArgs> Loaded(int index)
    {
        if (Volatile.Read(ref _loaded[index]) is { } known)
        {
            return known;
        }

        var made = new LoadedKernel<TArgs>(Kernels, Name, (KernelVariant<TArgs>)_table[index]);
        return Interlocked.CompareExchange(ref _loaded[index], made, null) ?? made;
    }
}
