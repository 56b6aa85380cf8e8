using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>What a report says of a launch: operation, variant, shape and its cost at capacity.</summary>
internal sealed record OperationInfo(string Operation, string Variant, VariantKind Kind, string Shape, long Flops, long Bytes);

/// <summary>An operation with everything decided; a plan is a list of these, and a run only launches them.</summary>
internal abstract class BoundOperation : IDisposable
{
    protected BoundOperation(OperationInfo info) => Info = info;

    public OperationInfo Info { get; }

    /// <summary>The step of a CPU pass; its functions are null for an ILGPU launch.</summary>
    public virtual CpuStep Step => default;

    /// <summary>What is compiled before the first launch; null: nothing.</summary>
    public virtual LoadedKernel? Kernel => null;

    /// <summary>Floats of workspace that a launch needs; one that is at least as long is attached before the first.</summary>
    public virtual long WorkspaceFloats => 0;

    public abstract void Launch(AcceleratorStream stream);

    /// <summary>Hands over the workspace, which operations of one stream may share.</summary>
    public virtual void Attach(ArrayView<float> workspace)
    {
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>An ILGPU launch with its arguments.</summary>
internal sealed class BoundKernel<TArgs> : BoundOperation
    where TArgs : struct
{
    private readonly LoadedKernel<TArgs> _kernel;
    private readonly VariantAnswer _answer;
    private TArgs _args;
    private bool _isComplete;

    public BoundKernel(LoadedKernel<TArgs> kernel, in TArgs args, OperationInfo info)
        : base(info)
    {
        _kernel = kernel;
        _args = args;
        _answer = kernel.Ask(args);
        _isComplete = WorkspaceFloats == 0;
    }

    public override LoadedKernel Kernel => _kernel;

    public override long WorkspaceFloats => _answer.WorkspaceFloats;

    public override void Attach(ArrayView<float> workspace)
    {
        if (WorkspaceFloats == 0)
        {
            return;
        }

        _kernel.Attach(ref _args, workspace.SubView(0, WorkspaceFloats));
        _isComplete = true;
    }

    public override void Launch(AcceleratorStream stream)
    {
        if (!_isComplete)
        {
            throw new InvalidOperationException($"{Info.Variant}: no workspace was attached.");
        }

        _kernel.Launch(stream, _answer, _args);
    }
}

/// <summary>A CPU tile with its arguments where they do not move. They may hold references (a user's score policy or
/// epilogue with views), which the collector then sees.</summary>
internal sealed unsafe class BoundCpuOperation<TArgs, TCpuArgs> : BoundOperation
    where TArgs : struct
    where TCpuArgs : struct
{
    private readonly CpuPool _pool;
    private readonly TArgs _args;
    private readonly TCpuArgs[] _cpuArgs;
    private readonly delegate*<void*, int> _tileCount;
    private readonly delegate*<void*, int, void> _tile;

    /// <summary>Keeps the arguments too: their views keep their buffers alive.</summary>
    public BoundCpuOperation(
        CpuPool pool,
        in TArgs args,
        TCpuArgs cpuArgs,
        delegate*<void*, int> tileCount,
        delegate*<void*, int, void> tile,
        OperationInfo info)
        : base(info)
    {
        _pool = pool;
        _args = args;
        _tileCount = tileCount;
        _tile = tile;
        _cpuArgs = GC.AllocateArray<TCpuArgs>(1, pinned: true);
        _cpuArgs[0] = cpuArgs;
    }

    public override CpuStep Step => new(_tileCount, _tile, Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_cpuArgs)));

    public override void Launch(AcceleratorStream stream)
    {
        var step = Step;
        _pool.Walk(&step, 1);
        GC.KeepAlive(this);
    }
}
