using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What one run does, and which part of it a share of a peak is taken of.</summary>
/// <param name="Flops">Floating-point operations; a multiply-add is two.</param>
/// <param name="Bytes">Bytes read and written, each once.</param>
/// <param name="IsMemoryBound">Bytes are held against a plain read, else operations against multiply-adds.</param>
internal readonly record struct Work(double Flops, double Bytes, bool IsMemoryBound)
{
    /// <summary>What the peak counts.</summary>
    public double Amount => IsMemoryBound ? Bytes : Flops;

    /// <summary>Unit of a rate, in 10^9 a second.</summary>
    public string Unit => IsMemoryBound ? "GB/s" : "GFLOP/s";
}

/// <summary>Something to time, with all that it needs made beforehand.</summary>
internal abstract class BenchCase : IDisposable
{
    protected BenchCase(string operation, string shape, Work work)
    {
        Operation = operation;
        Shape = shape;
        Work = work;
    }

    public string Operation { get; }

    public string Shape { get; }

    public Work Work { get; protected set; }

    /// <summary>The variant that runs, as the plan reports name it.</summary>
    public abstract string Variant { get; }

    /// <summary>Width of the CPU variant's registers; 0 on other devices.</summary>
    public virtual int SimdBits => 0;

    /// <summary>Where it runs; null: on the host's own threads.</summary>
    public virtual AcceleratorStream? Stream => null;

    /// <summary>Starts one run; on a GPU it may still be under way afterwards.</summary>
    public abstract void Launch();

    /// <summary>Waits for every run that was started.</summary>
    public virtual void Synchronize()
    {
    }

    /// <summary>Seconds a run, over a batch of them.</summary>
    public virtual double Time(int runs) => BatchClock.Time(this, runs);

    /// <summary>One run from start to end.</summary>
    public void Run()
    {
        Launch();
        Synchronize();
    }

    /// <summary>Checks the results of a run: a wrong kernel's time means nothing.</summary>
    /// <exception cref="InvalidOperationException">A result is wrong.</exception>
    public abstract void Verify();

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Fails a check of <see cref="Verify"/> where the difference is over the tolerance, or is no number.</summary>
    protected void ExpectNear(string what, double found, double expected, double tolerance)
    {
        if (!(Math.Abs(found - expected) <= tolerance))
        {
            throw new InvalidOperationException(
                $"{Operation} {Shape}, {Variant}: {what} is {found}, expected {expected} within {tolerance}.");
        }
    }
}
