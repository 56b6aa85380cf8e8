using System.Diagnostics;

namespace GpuTransformer.Bench.Overhead;

/// <summary>Seconds of a pass.</summary>
internal readonly record struct PassTimes(double Best, double Median)
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_measure = TimeSpan.FromSeconds(1);

    /// <summary>What is more than another pass.</summary>
    public PassTimes Beyond(PassTimes other) => new(Math.Max(0, Best - other.Best), Math.Max(0, Median - other.Median));

    /// <summary>Warms up, then times passes one by one.</summary>
    public static PassTimes Of(Action pass)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < s_warmUp;)
        {
            pass();
        }

        var times = new List<double>();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < s_measure;)
        {
            var from = Stopwatch.GetTimestamp();
            pass();
            times.Add(Stopwatch.GetElapsedTime(from).TotalSeconds);
        }

        times.Sort();
        return new PassTimes(times[0], times[times.Count / 2]);
    }
}
