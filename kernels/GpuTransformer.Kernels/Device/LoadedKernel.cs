using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>A kernel variant on one accelerator: compiled when that is asked for, or at its first launch.</summary>
internal abstract class LoadedKernel
{
    /// <summary>Whether it is compiled.</summary>
    public abstract bool IsCompiled { get; }

    /// <summary>Compiles what is not compiled yet; from any thread.</summary>
    /// <exception cref="DeviceException">The device's compiler refuses it.</exception>
    public abstract void Compile();
}

/// <inheritdoc/>
internal sealed class LoadedKernel<TArgs> : LoadedKernel
    where TArgs : struct
{
    private readonly KernelSet _kernels;
    private readonly string _operation;
    private readonly KernelVariant<TArgs> _variant;
    private readonly ArgsFunction<TArgs, KernelConfig> _grid;
    private readonly ArgsFunction<TArgs, KernelConfig>? _secondGrid;
    private readonly object _gate = new();
    private Launcher? _launcher;

    public LoadedKernel(KernelSet kernels, string operation, KernelVariant<TArgs> variant)
    {
        _kernels = kernels;
        _operation = operation;
        _variant = variant;
        _grid = variant.Grid(kernels.Traits);
        _secondGrid = variant.Second?.Grid(kernels.Traits);
    }

    /// <summary>The one answer: whether it can run, what workspace it needs, and what it launches. Allocates nothing.</summary>
    public VariantAnswer Ask(in TArgs args) => new(
        _variant.Supports(_kernels.Traits, args),
        _variant.Workspace?.Floats(_kernels.Traits, args) ?? 0,
        _grid(args),
        _secondGrid?.Invoke(args) ?? default);

    /// <summary>The arguments with the workspace in them.</summary>
    public void Attach(ref TArgs args, ArrayView<float> workspace) => _variant.Workspace!.Attach(ref args, workspace);

    /// <summary>Launches on a stream; a workspace that is needed is the stream's own.</summary>
    public void Run(AcceleratorStream stream, in TArgs args)
    {
        var answer = Ask(args);
        if (answer.WorkspaceFloats == 0)
        {
            Launch(stream, answer, args);
            return;
        }

        // Held until both stages are queued: nobody queues another launch between them, or frees what they use.
        var memory = _kernels.Workspaces.Of(stream);
        lock (memory)
        {
            var attached = args;
            Attach(ref attached, memory.AtLeast(answer.WorkspaceFloats));
            Launch(stream, answer, attached);
        }
    }

    /// <summary>Launches with everything decided.</summary>
    /// <exception cref="DeviceException">The device is lost, or what was queued before has failed.</exception>
    public void Launch(AcceleratorStream stream, in VariantAnswer answer, in TArgs args)
    {
        var launcher = Volatile.Read(ref _launcher) ?? Load();
        try
        {
            launcher.First(stream, answer.Grid, args);
            launcher.Second?.Invoke(stream, answer.SecondGrid, args);
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(_kernels.Traits, $"{_operation}: launching {_variant.Name}", error);
        }
    }

    public override bool IsCompiled => Volatile.Read(ref _launcher) is not null;

    public override void Compile()
    {
        if (!IsCompiled)
        {
            Load();
        }
    }

    private Launcher Load()
    {
        lock (_gate)
        {
            if (_launcher is { } other)
            {
                return other;
            }

            var launcher = _kernels.Compiler.Count(_variant.Name, Methods, LoadStages);
            Volatile.Write(ref _launcher, launcher);
            return launcher;
        }
    }

    private MethodInfo[] Methods =>
        _variant.Second is { } second ? [_variant.Kernel.Method, second.Kernel.Method] : [_variant.Kernel.Method];

    private Launcher LoadStages() => new(
        Load(_variant.Kernel, _variant.Limits), _variant.Second is { } second ? Load(second.Kernel, second.Limits) : null);

    private Action<AcceleratorStream, KernelConfig, TArgs> Load(Action<TArgs> kernel, KernelSpecialization limits)
    {
        try
        {
            return KernelLoader.Load(_kernels.Accelerator, kernel, limits);
        }
        catch (Exception error) when (error is not GpuTransformerException)
        {
            throw new DeviceException(
                $"{_kernels.Traits.Name}: kernel {_variant.Name} of {_operation} does not compile: {error.Message}", error);
        }
    }

    private sealed record Launcher(
        Action<AcceleratorStream, KernelConfig, TArgs> First, Action<AcceleratorStream, KernelConfig, TArgs>? Second);
}
