using System.Diagnostics;
using GpuTransformer.Kernels;
using GpuTransformer.Models;

namespace GpuTransformer.Bench.Memory;

/// <summary>What one model took, in bytes.</summary>
/// <param name="Model">The folder's name.</param>
/// <param name="Packed">Weights that the process holds itself.</param>
/// <param name="Mapped">Weights that it reads from mapped files.</param>
/// <param name="Arena">Arenas, tables and caches of the sessions.</param>
/// <param name="Private">RssAnon, the larger of after the first runs and after the last.</param>
/// <param name="Runs">Runs after those.</param>
/// <param name="Grown">What RssAnon grew by over them, both times after a collection.</param>
/// <param name="HeapGrown">What live managed objects grew by.</param>
/// <param name="HandlesGrown">What open files grew by.</param>
internal sealed record MemoryOfModel(
    string Model, long Packed, long Mapped, long Arena, long Private, int Runs, long Grown, long HeapGrown, int HandlesGrown)
{
    private const long Room = 100_000_000;
    private const long NoGrowth = 4 << 20;
    private const long NoHeapGrowth = 1 << 20;

    // The runtime opens one or two of its own when it likes; a run that forgets one would show in thousands.
    private const int NoHandles = 8;

    /// <summary>What it may take.</summary>
    public long Budget => Packed + Arena * 6 / 5 + Room;

    /// <summary>Whether it keeps to that and nothing grows.</summary>
    public bool Holds => Private <= Budget && Grown <= NoGrowth && HeapGrown <= NoHeapGrowth && HandlesGrown <= NoHandles;
}

/// <summary>Loads a model in this process and runs it again and again.</summary>
internal static class ModelMemory
{
    private const int FirstRuns = 200;
    private static readonly TimeSpan s_firstTime = TimeSpan.FromSeconds(5);

    public static MemoryOfModel Measure(string folder, int runs, TimeSpan most)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder, device);
        var weights = model.Weights();
        var run = BenchModels.SmallRun(model);

        // The JIT's later tiers, pools and scratch come with the first runs.
        Repeat(run, FirstRuns, s_firstTime);
        Thread.Sleep(300);
        var (before, heap, handles) = AfterCollection();
        var done = Repeat(run, runs, most);
        var held = Math.Max(before, Status("RssAnon:"));
        var (after, heapAfter, handlesAfter) = AfterCollection();
        var floats = weights.Where(w => !w.IsMapped && w.Kind != "matrix").Sum(w => w.Bytes);
        return new MemoryOfModel(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)),
            weights.Where(w => !w.IsMapped).Sum(w => w.Bytes),
            weights.Where(w => w.IsMapped).Sum(w => w.Bytes),
            Math.Max(0, device.Kernels.Memory.PeakBytes - floats),
            held, done, after - before, heapAfter - heap, handlesAfter - handles);
    }

    private static int Repeat(Action run, int runs, TimeSpan most)
    {
        var watch = Stopwatch.StartNew();
        var done = 0;
        for (; done < runs && watch.Elapsed < most; done++)
        {
            run();
        }

        return done;
    }

    /// <summary>What is left once the collector has given back what it keeps for new objects, which comes and goes.</summary>
    private static (long Private, long Heap, int Handles) AfterCollection()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return (Status("RssAnon:"), GC.GetTotalMemory(forceFullCollection: false), Directory.GetFiles("/proc/self/fd").Length);
    }

    private static long Status(string name)
    {
        const string File = "/proc/self/status";
        var line = System.IO.File.Exists(File) ? System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) : null;
        return line is null
            ? throw new InputException($"{File}: expected {name}; memory is measured on Linux alone")
            : long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }
}
