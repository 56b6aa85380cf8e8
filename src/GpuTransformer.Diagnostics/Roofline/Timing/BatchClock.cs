using System.Diagnostics;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Times a batch of runs: by events on the device's stream where it has them, else by the host's clock around
/// launches and one wait.</summary>
internal static class BatchClock
{
    /// <summary>Whether the stream records events: a GPU's, of a device that was opened with them.</summary>
    public static bool HasEvents(AcceleratorStream? stream) =>
        stream is not null
        && stream.Accelerator.AcceleratorType != AcceleratorType.CPU
        && stream.Accelerator.Context.Properties.EnableProfiling;

    /// <summary>Seconds a run.</summary>
    public static double Time(BenchCase benchCase, int runs)
    {
        var begin = Stopwatch.GetTimestamp();
        if (!HasEvents(benchCase.Stream))
        {
            Launch(benchCase, runs);
            benchCase.Synchronize();
            return Stopwatch.GetElapsedTime(begin).TotalSeconds / runs;
        }

        using var start = benchCase.Stream!.AddProfilingMarker();
        Launch(benchCase, runs);
        using var end = benchCase.Stream.AddProfilingMarker();
        benchCase.Synchronize();
        var (host, device) = (Stopwatch.GetElapsedTime(begin).TotalSeconds, end.MeasureFrom(start).TotalSeconds);

        // Some OpenCL drivers stamp a barrier when it is queued: a time of nothing is none.
        return (device > 0 ? device : host) / runs;
    }

    private static void Launch(BenchCase benchCase, int runs)
    {
        for (var i = 0; i < runs; i++)
        {
            benchCase.Launch();
        }
    }
}
