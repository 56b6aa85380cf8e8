using System.Diagnostics;

namespace ILGPU.Runtime.CPU;

/// <summary>A launch blocks its caller, so there is nothing to wait for unless streams run late.</summary>
internal sealed class CPUStream : AcceleratorStream
{
    internal CPUStream(Accelerator accelerator)
        : base(accelerator)
    { }

    public override void Synchronize() => Accelerator.Late?.Run(this);

    protected override ProfilingMarker AddProfilingMarkerInternal() => new CPUProfilingMarker(Accelerator);

    protected override void DisposeAcceleratorObject(bool disposing)
    {
        if (disposing)
            Synchronize();
    }
}

/// <summary>A point in time.</summary>
internal sealed class CPUProfilingMarker : ProfilingMarker
{
    private readonly long timestamp = Stopwatch.GetTimestamp();

    internal CPUProfilingMarker(Accelerator accelerator)
        : base(accelerator)
    { }

    public override void Synchronize()
    { }

    public override TimeSpan MeasureFrom(ProfilingMarker marker)
    {
        if (marker is not CPUProfilingMarker start)
            throw new ArgumentException("The marker belongs to another kind of accelerator.", nameof(marker));
        return Stopwatch.GetElapsedTime(start.timestamp, timestamp);
    }

    protected override void DisposeAcceleratorObject(bool disposing)
    { }
}
