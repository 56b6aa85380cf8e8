using System.Diagnostics;
using System.Globalization;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Memory;

/// <summary>What this process's own memory did while something ran again and again.</summary>
/// <param name="Runs">Runs after the first ones.</param>
/// <param name="Seconds">How long they took.</param>
/// <param name="Peak">The most RssAnon, collections not yet made.</param>
/// <param name="Private">Bytes that RssAnon grows by over the runs, after collections.</param>
/// <param name="Heap">Bytes that live managed objects grow by over the runs.</param>
/// <param name="Handles">What is open at the end and was not before the runs.</param>
internal sealed record MemoryGrowth(int Runs, double Seconds, long Peak, long Private, long Heap, IReadOnlyList<string> Handles)
{
    private const int Parts = 10;

    // Pools and scratch come with the first runs.
    private const int FirstRuns = 200;
    private static readonly TimeSpan s_firstTime = TimeSpan.FromSeconds(5);

    /// <summary>Runs it, a few times before it counts.</summary>
    /// <remarks>What grows with the runs grows in each tenth of them: a size's growth is ten times its median over the tenths.
    /// The runtime compiles hot code anew whenever it likes and then takes a megabyte or more at once, in one tenth; that is
    /// no growth, and counts in the peak.</remarks>
    public static MemoryGrowth Of(Action run, int runs)
    {
        var first = Stopwatch.StartNew();
        for (var i = 0; i < FirstRuns && first.Elapsed < s_firstTime; i++)
        {
            run();
        }

        var peak = PrivateBytes();
        var (privates, heaps, opened) = (new List<long>(), new List<long>(), OpenHandles.List());
        Collect(privates, heaps);
        var clock = Stopwatch.StartNew();
        for (var part = 0L; part < Parts; part++)
        {
            for (var i = runs * part / Parts; i < runs * (part + 1) / Parts; i++)
            {
                run();
            }

            peak = Math.Max(peak, PrivateBytes());
            Collect(privates, heaps);
        }

        return new MemoryGrowth(
            runs, clock.Elapsed.TotalSeconds, peak, Steady(privates), Steady(heaps), OpenHandles.Beyond(opened, OpenHandles.List()));
    }

    /// <summary>Ten times the median of the differences.</summary>
    public static long Steady(IReadOnlyList<long> sizes) =>
        (long)(Parts * Samples.Median(sizes.Skip(1).Zip(sizes, (later, earlier) => (double)(later - earlier))));

    /// <summary>Notes what is left once the collector has given back what it keeps for new objects, which comes and goes.</summary>
    private static void Collect(List<long> privates, List<long> heaps)
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        privates.Add(PrivateBytes());
        heaps.Add(GC.GetTotalMemory(forceFullCollection: false));
    }

    /// <summary>Pages of this process that no file is behind.</summary>
    private static long PrivateBytes()
    {
        const string StatusFile = "/proc/self/status", Name = "RssAnon:";
        var line = File.Exists(StatusFile) ? File.ReadLines(StatusFile).FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line is null
            ? throw new InputException($"{StatusFile}: expected {Name}; memory is measured on Linux alone")
            : long.Parse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
