using System.Diagnostics;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;
using Spectre.Console;

namespace GpuTransformer.Bench;

/// <summary>The run of <c>--quick</c>: every case on every accelerator in alternating rounds, as a table, in under two
/// minutes.</summary>
internal static class QuickRun
{
    private const int Rounds = 15;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(75);

    /// <param name="console">Receives the tables.</param>
    /// <param name="words">Only cases whose operation and shape contain all of these; none: every case.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IAnsiConsole console, IReadOnlyList<string> words)
    {
        var clock = Stopwatch.StartNew();
        string[] names = [.. QuickCases.Names, .. TokenizerSection.Names];
        if (!names.Any(name => QuickCases.Matches(name, words)))
        {
            Console.Error.WriteLine(
                $"--quick: no case contains '{string.Join("' and '", words)}'; there are: {string.Join(", ", names)}.");
            return 2;
        }

        QuickReport.WriteHeader(console);
        TokenizerSection.Run(console, words);
        var hasOperations = QuickCases.Names.Any(name => QuickCases.Matches(name, words));
        var devices = hasOperations ? BenchTarget.All.GroupBy(t => t.Device).ToArray() : [];
        for (var i = 0; i < devices.Length; i++)
        {
            var left = (s_limit - clock.Elapsed) / (devices.Length - i);
            RunDevice(console, devices[i].Key, [.. devices[i].Select(t => t.Threads)], words, left);
        }

        console.WriteLine($"Took {clock.Elapsed.TotalSeconds:F0} s.");
        return 0;
    }

    private static void RunDevice(
        IAnsiConsole console, string name, IReadOnlyList<int> threadCounts, IReadOnlyList<string> words, TimeSpan limit)
    {
        var rounds = new AlternatingRounds(limit, BenchDevice.UseThreads);
        using var device = new BenchDevice(name);
        using var peaks = device.IsCpu ? PeakSet.OfCpu(threadCounts) : PeakSet.OfDevice(device);
        using var cases = new QuickCases(device, words);
        foreach (var peak in peaks.Measurements)
        {
            rounds.Prepare(peak);
        }

        foreach (var threads in threadCounts)
        {
            // Bound operations are cut for the threads there are when they are bound.
            BenchDevice.UseThreads(threads);
            foreach (var benchCase in cases.Make())
            {
                rounds.Prepare(new Measurement(benchCase, threads));
            }
        }

        rounds.Measure(Rounds);
        var measured = rounds.Measurements.Except(peaks.Measurements).ToLookup(m => QuickCases.IsShortInput(m.Case));
        QuickReport.WritePeaks(console, device, peaks);
        QuickReport.WriteCases(console, device, measured[false], peaks);
        QuickReport.WriteShortInputs(console, measured[true]);
        QuickReport.WriteLeftOut(console, rounds.LeftOut);
    }
}
