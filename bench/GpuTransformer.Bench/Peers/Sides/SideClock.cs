using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>Times of one side in one process.</summary>
/// <param name="Median">Milliseconds.</param>
/// <param name="Minimum">Milliseconds.</param>
/// <param name="Runs">How many.</param>
/// <param name="SimdBits">Width of the registers that ran.</param>
internal sealed record SideTimes(double Median, double Minimum, int Runs, int SimdBits)
{
    /// <summary>One line of JSON, as the peers' scripts print theirs.</summary>
    public string ToJson() => JsonSerializer.Serialize(new { median = Median, minimum = Minimum, runs = Runs, simd = SimdBits });
}

/// <summary>Warms a side up and times its runs one by one.</summary>
internal static class SideClock
{
    // Host code is compiled again, and better, after 30 calls and a tenth of a second: a model that is timed before is a
    // tenth slower than later.
    private const double LeastWarmUp = 0.3;
    private const double MostWarmUp = 1;
    private const int WarmUpRuns = 40;
    private const int LeastRuns = 3;
    private const int MostRuns = 20_000;

    /// <param name="side">What runs.</param>
    /// <param name="seconds">How long to time it, at least three runs.</param>
    public static SideTimes Measure(ISide side, double seconds)
    {
        var clock = Stopwatch.StartNew();
        var warm = 0;
        do
        {
            Time(side);
            warm++;
        }
        while (clock.Elapsed.TotalSeconds < (warm < WarmUpRuns ? MostWarmUp : LeastWarmUp));

        var times = new List<double>();
        clock.Restart();
        while (times.Count < LeastRuns || (times.Count < MostRuns && clock.Elapsed.TotalSeconds < seconds))
        {
            times.Add(Time(side));
        }

        times.Sort();
        return new SideTimes(times[times.Count / 2], times[0], times.Count, DeviceTraits.WidestSimd);
    }

    private static double Time(ISide side)
    {
        side.Prepare();
        var begin = Stopwatch.GetTimestamp();
        side.Run();
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }
}
