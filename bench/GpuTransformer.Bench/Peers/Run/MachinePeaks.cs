using System.Text.Json;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>What the machine can do at best on a number of threads.</summary>
/// <param name="Flops">Operations a second of the multiply-add loop, on the registers that the tiles use.</param>
/// <param name="Exponentials">Exponentials a second, and their sum.</param>
/// <param name="Reads">Bytes a second of reads, by the most bytes that their place holds; ascending.</param>
/// <param name="Copies">The same of copies, bytes read and written together.</param>
internal sealed record MachinePeaks(
    double Flops,
    double Exponentials,
    IReadOnlyList<(double Holds, double BytesPerSecond)> Reads,
    IReadOnlyList<(double Holds, double BytesPerSecond)> Copies)
{
    private const int Rounds = 9;
    private const double Megabyte = 1 << 20;
    private const int RepeatsInCache = 16;
    private static readonly double[] s_sizes = [3 * Megabyte, 4 * Megabyte, 16 * Megabyte, 32 * Megabyte];
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(12);

    /// <summary>The shortest time in which a row's work can be done.</summary>
    public double Seconds(PeerRow row) => Math.Max(
        row.Work.Flops / Flops + row.Exponentials / Exponentials,
        row.Work.Bytes / Rate(row.IsCopy ? Copies : Reads, row.Work.Bytes));

    /// <summary>The rate for this many bytes again and again, from the nearest place that holds them.</summary>
    public static double Rate(IReadOnlyList<(double Holds, double BytesPerSecond)> rates, double bytes) =>
        rates.First(rate => bytes <= rate.Holds).BytesPerSecond;

    /// <summary>Measures this process's threads.</summary>
    public static MachinePeaks Measure(int threads)
    {
        var bits = DeviceTraits.WidestSimd;
        var cache = ProcessorCaches.SecondLevelBytes;
        var beyond = ProcessorCaches.BytesBeyondCaches;
        (double Holds, PoolLoop Loop)[] reads =
        [
            (cache * threads, ReadLoop.OfCache(cache / 2, threads, bits)),
            .. s_sizes.Select(size => (size, (PoolLoop)ReadLoop.OfMemory((long)size, bits))),
            (double.PositiveInfinity, ReadLoop.OfMemory(beyond, bits)),
            (double.PositiveInfinity, StreamReadLoop.Of(beyond, bits)),
        ];
        (double Holds, PoolLoop Loop)[] copies =
        [
            (cache * threads, CopyLoop.Of(cache / 2 * threads, RepeatsInCache, bits)),
            .. s_sizes.Append(double.PositiveInfinity).SelectMany(size => new (double, PoolLoop)[]
            {
                (size, CopyLoop.Of((long)Math.Min(size, beyond), 1, bits)), (size, CopyLoop.Streaming((long)Math.Min(size, beyond))),
            }),
        ];
        using var fma = new FmaLoop(bits, threads);
        using var exp = ExpLoop.Of(bits, threads);
        var rounds = new AlternatingRounds(s_limit, BenchDevice.UseThreads);
        var arithmetic = new Measurement(fma, threads);
        rounds.Prepare(arithmetic);
        var exponentials = new Measurement(exp, threads);
        rounds.Prepare(exponentials);
        var measured = reads.Concat(copies).Select(place => (place.Holds, Measurement: new Measurement(place.Loop, threads))).ToArray();
        Array.ForEach(measured, m => rounds.Prepare(m.Measurement));
        rounds.Measure(Rounds);
        var rates = measured.Select(m => (m.Holds, m.Measurement.Rate * 1e9)).ToArray();
        var peaks = new MachinePeaks(
            arithmetic.Rate * 1e9, exponentials.Rate * 1e9, Ascending(rates[..reads.Length]), Ascending(rates[reads.Length..]));
        Array.ForEach(measured, m => m.Measurement.Case.Dispose());
        return peaks;
    }

    /// <summary>Rates by size, the fastest of each size, none slower than that of a larger one.</summary>
    public static IReadOnlyList<(double Holds, double BytesPerSecond)> Ascending(IEnumerable<(double Holds, double BytesPerSecond)> rates)
    {
        var sorted = rates.GroupBy(rate => rate.Holds).Select(group => (Holds: group.Key, Rate: group.Max(rate => rate.BytesPerSecond)))
            .OrderByDescending(rate => rate.Holds);
        var result = new List<(double, double)>();
        var fastest = 0.0;
        foreach (var (holds, rate) in sorted)
        {
            fastest = Math.Max(fastest, rate);
            result.Insert(0, (holds, fastest));
        }

        return result;
    }

    /// <summary>The best of measurements at different times: whatever else runs makes them less.</summary>
    public static MachinePeaks Best(IReadOnlyList<MachinePeaks> all) => new(
        all.Max(peaks => peaks.Flops), all.Max(peaks => peaks.Exponentials), Best(all, peaks => peaks.Reads), Best(all, peaks => peaks.Copies));

    public string ToJson() => JsonSerializer.Serialize(new { flops = Flops, exponentials = Exponentials, reads = Numbers(Reads), copies = Numbers(Copies) });

    public static MachinePeaks Parse(JsonElement json) => new(
        json.GetProperty("flops").GetDouble(), json.GetProperty("exponentials").GetDouble(), Rates(json.GetProperty("reads")),
        Rates(json.GetProperty("copies")));

    private static (double Holds, double BytesPerSecond)[] Best(
        IReadOnlyList<MachinePeaks> all, Func<MachinePeaks, IReadOnlyList<(double Holds, double BytesPerSecond)>> rates) =>
        [.. Enumerable.Range(0, rates(all[0]).Count).Select(i =>
            (rates(all[0])[i].Holds, all.Max(peaks => rates(peaks)[i].BytesPerSecond)))];

    // JSON has no infinity.
    private static double[][] Numbers(IReadOnlyList<(double Holds, double BytesPerSecond)> rates) =>
        [.. rates.Select(rate => new[] { double.IsInfinity(rate.Holds) ? -1 : rate.Holds, rate.BytesPerSecond })];

    private static (double Holds, double BytesPerSecond)[] Rates(JsonElement json) =>
        [.. json.EnumerateArray().Select(pair => (
            pair[0].GetDouble() < 0 ? double.PositiveInfinity : pair[0].GetDouble(), pair[1].GetDouble()))];
}
