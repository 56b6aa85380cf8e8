using System.Globalization;
using Spectre.Console;

namespace GpuTransformer.Bench.Start;

/// <summary>Prints starts: median and range of the whole and of each part.</summary>
internal static class StartTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<StartTimesOfRun> runs)
    {
        var table = new Table().AddColumn("part").AddColumn("median, ms").AddColumn("range").AddColumn("from, ms");
        Row(table, "process start to end of output", runs, run => run.Total, null);
        Row(table, "runtime, until the first line of code", runs, run => run.Runtime, null);
        foreach (var name in runs[0].Parts.Keys.OrderBy(name => runs[0].Parts[name].From))
        {
            var seen = runs.Where(run => run.Parts.ContainsKey(name)).ToArray();
            Row(table, name, seen, run => run.Parts[name].To - run.Parts[name].From, run => run.Parts[name].From);
        }

        Row(table, "from the first line of code to the answer", runs, run => run.Inside, null);
        Row(table, "JIT, all threads", runs, run => run.Jit, null);
        console.Write(table);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{runs.Count} starts; JIT is {Samples.Median(runs.Select(run => run.Jit)) / Samples.Median(runs.Select(run => run.Runtime + run.Inside)):P0} of the time, " +
            $"{runs[0].JitMethods} methods; parts may overlap. Runs with --times give the parts, runs without it the first line."));
    }

    private static void Row(
        Table table, string name, IReadOnlyList<StartTimesOfRun> runs, Func<StartTimesOfRun, double> value, Func<StartTimesOfRun, double>? from) =>
        table.AddRow(
            name,
            Number(Samples.Median(runs.Select(value))),
            $"{Number(runs.Min(value))} to {Number(runs.Max(value))}",
            from is null ? "" : Number(Samples.Median(runs.Select(from))));

    private static string Number(double milliseconds) => milliseconds.ToString("0.0", CultureInfo.InvariantCulture);
}
