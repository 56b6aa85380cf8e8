using System.Text.Json;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>What the machine can do at best on a number of threads.</summary>
/// <param name="Flops">Operations a second of the multiply-add loop, on the registers that the tiles use.</param>
/// <param name="Reads">Bytes a second of reads, by the most bytes that their place holds; ascending.</param>
internal sealed record MachinePeaks(double Flops, IReadOnlyList<(double Holds, double BytesPerSecond)> Reads)
{
    private const int Rounds = 9;
    private const double Megabyte = 1 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(12);

    /// <summary>The shortest time in which the work can be done.</summary>
    public double Seconds(Work work) => Math.Max(work.Flops / Flops, work.Bytes / ReadRate(work.Bytes));

    /// <summary>The rate at which this many bytes are read again and again, from the nearest place that holds them.</summary>
    public double ReadRate(double bytes) => Reads.First(read => bytes <= read.Holds).BytesPerSecond;

    /// <summary>Measures this process's threads.</summary>
    public static MachinePeaks Measure(int threads)
    {
        var bits = DeviceTraits.WidestSimd;
        var cache = ProcessorCaches.SecondLevelBytes;
        var beyond = ProcessorCaches.BytesBeyondCaches;
        var reads = new (double Holds, PoolLoop Loop)[]
        {
            (cache * threads, ReadLoop.OfCache(cache / 2, threads, bits)),
            (3 * Megabyte, ReadLoop.OfMemory((long)(3 * Megabyte), bits)),
            (4 * Megabyte, ReadLoop.OfMemory((long)(4 * Megabyte), bits)),
            (16 * Megabyte, ReadLoop.OfMemory((long)(16 * Megabyte), bits)),
            (double.PositiveInfinity, ReadLoop.OfMemory(beyond, bits)),
            (double.PositiveInfinity, StreamReadLoop.Of(beyond, bits)),
        };
        using var fma = new FmaLoop(bits, threads);
        var rounds = new AlternatingRounds(s_limit, BenchDevice.UseThreads);
        var arithmetic = new Measurement(fma, threads);
        rounds.Prepare(arithmetic);
        var measured = reads.Select(read => (read.Holds, Measurement: new Measurement(read.Loop, threads))).ToArray();
        Array.ForEach(measured, m => rounds.Prepare(m.Measurement));
        rounds.Measure(Rounds);
        var peaks = new MachinePeaks(arithmetic.Rate * 1e9, Ascending(measured.Select(m => (m.Holds, m.Measurement.Rate * 1e9))));
        Array.ForEach(reads, read => read.Loop.Dispose());
        return peaks;
    }

    /// <summary>Reads by size, the fastest of each size, none slower than that of a larger one.</summary>
    public static IReadOnlyList<(double Holds, double BytesPerSecond)> Ascending(IEnumerable<(double Holds, double BytesPerSecond)> reads)
    {
        var sorted = reads.GroupBy(read => read.Holds).Select(group => (Holds: group.Key, Rate: group.Max(read => read.BytesPerSecond)))
            .OrderByDescending(read => read.Holds);
        var result = new List<(double, double)>();
        var fastest = 0.0;
        foreach (var (holds, rate) in sorted)
        {
            fastest = Math.Max(fastest, rate);
            result.Insert(0, (holds, fastest));
        }

        return result;
    }

    /// <summary>The median of measurements at different times.</summary>
    public static MachinePeaks Middle(IReadOnlyList<MachinePeaks> all) => new(
        Samples.Median(all.Select(peaks => peaks.Flops)),
        [.. Enumerable.Range(0, all[0].Reads.Count).Select(i => (all[0].Reads[i].Holds, Samples.Median(all.Select(p => p.Reads[i].BytesPerSecond))))]);

    public string ToJson() => JsonSerializer.Serialize(new
    {
        flops = Flops,
        holds = Reads.Select(read => double.IsInfinity(read.Holds) ? -1 : read.Holds),
        bytes = Reads.Select(read => read.BytesPerSecond),
    });

    public static MachinePeaks Parse(JsonElement json) => new(
        json.GetProperty("flops").GetDouble(),
        [.. json.GetProperty("holds").EnumerateArray().Zip(
            json.GetProperty("bytes").EnumerateArray(),
            (holds, bytes) => (holds.GetDouble() < 0 ? double.PositiveInfinity : holds.GetDouble(), bytes.GetDouble()))]);
}
