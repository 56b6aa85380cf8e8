using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Bench.Children;
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
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>Starts it once to warm the disk's cache, then again and again: first as users do, then with --times, so
    /// that the totals are those of the program as it is.</summary>
    public static async Task<IReadOnlyList<StartTimesOfRun>> Times(string path, string[] arguments, int runs, CancellationToken cancellation)
    {
        await Run(path, arguments, cancellation);
        var all = new List<StartTimesOfRun>();
        for (var i = 0; i < runs; i++)
        {
            var asUsersDo = await Run(path, arguments, cancellation);
            all.Add(Read(await Run(path, [.. arguments, "--times"], cancellation), asUsersDo.Time));
        }

        return all;
    }

    private static async Task<ChildOutput> Run(string path, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        try
        {
            return await ChildProcess.Run(new ProcessStartInfo(path, arguments), s_limit, cancellation);
        }
        catch (ChildException error)
        {
            throw new InputException($"{path} {string.Join(' ', arguments)}: {error.Message}");
        }
    }

    private static StartTimesOfRun Read(ChildOutput run, TimeSpan total)
    {
        using var json = JsonDocument.Parse(run.Errors);
        var root = json.RootElement;
        return new StartTimesOfRun(
            total.TotalMilliseconds,
            (root.GetProperty("main").GetDateTime() - run.From).TotalMilliseconds,
            root.GetProperty("total").GetDouble(),
            root.GetProperty("jit").GetDouble(),
            root.GetProperty("jitMethods").GetInt32(),
            root.GetProperty("parts").EnumerateObject().ToDictionary(
                part => part.Name, part => (part.Value[0].GetDouble(), part.Value[1].GetDouble())));
    }
}
