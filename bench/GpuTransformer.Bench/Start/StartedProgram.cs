using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Start;

/// <summary>One start of the program, in milliseconds.</summary>
/// <param name="Total">From the request to start it until its output has ended.</param>
/// <param name="Runtime">Until its first line of code: the runtime's own start.</param>
/// <param name="Inside">From there until the answer was written.</param>
/// <param name="Jit">Spent in the JIT, on all threads.</param>
/// <param name="JitMethods">Methods that it compiled.</param>
/// <param name="Parts">When parts began and ended, from the first line of code on.</param>
internal sealed record StartTimesOfRun(
    double Total, double Runtime, double Inside, double Jit, int JitMethods, IReadOnlyDictionary<string, (double From, double To)> Parts);

/// <summary>Starts a program and reads what --times says.</summary>
internal static class StartedProgram
{
    /// <summary>Starts it once to warm the disk's cache, then again and again: first as users do, then with --times, so
    /// that the totals are those of the program as it is.</summary>
    public static IReadOnlyList<StartTimesOfRun> Times(string path, string[] arguments, int runs)
    {
        Run(path, arguments);
        var all = new List<StartTimesOfRun>();
        for (var i = 0; i < runs; i++)
        {
            var (total, _, _) = Run(path, arguments);
            all.Add(Read(Run(path, [.. arguments, "--times"])) with { Total = total });
        }

        return all;
    }

    private static (double Milliseconds, DateTime From, string Errors) Run(string path, string[] arguments)
    {
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var from = DateTime.UtcNow;
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InputException($"{path}: cannot be started");
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        var total = watch.Elapsed.TotalMilliseconds;
        process.WaitForExit();
        return process.ExitCode == 0
            ? (total, from, errors.Result)
            : throw new InputException($"{path} {string.Join(' ', arguments)}: exit code {process.ExitCode}: {errors.Result.Trim()}");
    }

    private static StartTimesOfRun Read((double Total, DateTime From, string Errors) run)
    {
        using var json = JsonDocument.Parse(run.Errors);
        var root = json.RootElement;
        return new StartTimesOfRun(
            run.Total,
            (root.GetProperty("main").GetDateTime() - run.From).TotalMilliseconds,
            root.GetProperty("total").GetDouble(),
            root.GetProperty("jit").GetDouble(),
            root.GetProperty("jitMethods").GetInt32(),
            root.GetProperty("parts").EnumerateObject().ToDictionary(
                part => part.Name, part => (part.Value[0].GetDouble(), part.Value[1].GetDouble())));
    }
}
