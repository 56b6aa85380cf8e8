using ILGPU.Util;

namespace ILGPU.Runtime;

public interface IAcceleratorObject : IDisposable
{
    Accelerator Accelerator { get; }

    AcceleratorType AcceleratorType { get; }
}

/// <summary>Something that lives no longer than its accelerator.</summary>
public abstract class AcceleratorObject : DisposeBase, IAcceleratorObject
{
    private int released;

    protected AcceleratorObject(Accelerator accelerator)
    {
        Accelerator = accelerator;
        accelerator?.RegisterChildObject(this);
    }

    public Accelerator Accelerator { get; }

    public AcceleratorType AcceleratorType => Accelerator?.AcceleratorType ?? AcceleratorType.CPU;

    protected sealed override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Release(disposing);
    }

    internal void Release(bool disposing)
    {
        if (Interlocked.Exchange(ref released, 1) == 0)
            DisposeAcceleratorObject(disposing);
    }

    protected abstract void DisposeAcceleratorObject(bool disposing);
}
