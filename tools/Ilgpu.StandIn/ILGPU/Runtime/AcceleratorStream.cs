namespace ILGPU.Runtime;

/// <summary>An order of launches and copies.</summary>
public abstract class AcceleratorStream : AcceleratorObject
{
    protected AcceleratorStream(Accelerator accelerator)
        : base(accelerator)
    { }

    public abstract void Synchronize();

    public Task SynchronizeAsync() => Task.Run(Synchronize);

    public ProfilingMarker AddProfilingMarker() =>
        Accelerator.Context.Properties.EnableProfiling
            ? AddProfilingMarkerInternal()
            : throw new NotSupportedException("Profiling markers need Context.Builder.Profiling().");

    protected abstract ProfilingMarker AddProfilingMarkerInternal();
}

/// <summary>A point in a stream whose distance from another can be measured.</summary>
public abstract class ProfilingMarker : AcceleratorObject
{
    protected ProfilingMarker(Accelerator accelerator)
        : base(accelerator)
    { }

    public abstract void Synchronize();

    public abstract TimeSpan MeasureFrom(ProfilingMarker marker);

    public static TimeSpan operator -(ProfilingMarker end, ProfilingMarker start) => end.MeasureFrom(start);
}

public static class ProfilingMarkers
{
    public static ProfilingMarker AddProfilingMarker(this Accelerator accelerator) =>
        accelerator.DefaultStream.AddProfilingMarker();
}
