using GpuTransformer.Diagnostics;
using GpuTransformer.Diagnostics.Roofline;
using Spectre.Console;

namespace GpuTransformer.Bench.Peers;

/// <summary>What a run prints.</summary>
internal static class PeersTable
{
    public static void WriteHeader(IAnsiConsole console, PeersPlan plan)
    {
        console.WriteLine($"{MachineDescription.ProcessorName()}, {Environment.ProcessorCount} logical processors, {PeersRun.Set}.");
        console.WriteLine(
            $"{plan.Rows.Count} rows on {string.Join(" and ", plan.Threads)} thread(s), {plan.Alternations} alternations of separate " +
            $"processes, {plan.Seconds} s a side. Times are medians; the ratio is the median of the alternations' ratios ours / theirs, with " +
            "its range. Bound: the ratio that the whole rate of the multiply-add loop (in attention and of a loop of exponentials, one after the " +
            "other), or of reads (of copies where a row writes as much as it reads) in the nearest place that holds what it touches, would give.");
    }

    public static void WritePeaks(IAnsiConsole console, IReadOnlyDictionary<int, MachinePeaks> all)
    {
        foreach (var (threads, peaks) in all)
        {
            console.WriteLine(
                $"{threads} thread(s): multiply-adds {Quantity.Rate(peaks.Flops, isMemory: false)}; {peaks.Exponentials / 1e9:F1} exponentials a nanosecond; reads {List(peaks.Reads)}; copies " +
                $"{List(peaks.Copies)}.");
        }
    }

    public static void WriteRows(IAnsiConsole console, IReadOnlyList<RowResult> results, IReadOnlyDictionary<int, MachinePeaks> peaks)
    {
        var table = new Table { Border = TableBorder.Simple, Expand = false };
        table.AddColumn(new TableColumn("row").NoWrap());
        foreach (var name in new[] { "threads", "ours", "peer", "ratio", "range", "target", "bound" })
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn("verdict").NoWrap());
        table.AddColumn(new TableColumn("set").NoWrap());
        table.AddColumn(new TableColumn("peer's way"));
        foreach (var result in results)
        {
            table.AddRow([.. Cells(result, peaks[result.Threads]).Select(Markup.Escape)]);
        }

        console.Write(table);
    }

    /// <summary>Names the rows that are behind, and those that could not be timed.</summary>
    public static void WriteEnd(IAnsiConsole console, IReadOnlyList<RowResult> results, IReadOnlyDictionary<int, MachinePeaks> peaks)
    {
        var timed = results.Where(result => result.Failure is null).ToArray();
        var behind = timed.Where(result => result.IsBehind(peaks[result.Threads])).ToArray();
        console.WriteLine(behind.Length == 0
            ? $"No row of {timed.Length} is behind its target."
            : $"{behind.Length} of {timed.Length} rows are behind: {string.Join(", ", behind.Select(Brief))}.");
        if (behind.Where(result => result.IsOutOfReach(peaks[result.Threads])).Select(Brief).ToArray() is { Length: > 0 } beyond)
        {
            console.WriteLine($"Of these not even the whole rate of the machine would meet {string.Join(", ", beyond)}.");
        }

        foreach (var result in results.Where(result => result.Failure is not null))
        {
            console.WriteLine($"Not timed: {result.Row.Name} x{result.Threads}: {result.Failure}");
        }
    }

    /// <summary>A row by itself, as soon as it is done.</summary>
    public static string Line(RowResult result, IReadOnlyDictionary<int, MachinePeaks> peaks) => result.Failure is { } failure
        ? $"{result.Row.Name} x{result.Threads}: not timed: {failure}"
        : $"{result.Row.Name} x{result.Threads}: {string.Join("  ", Cells(result, peaks[result.Threads]).Skip(2))}";

    /// <summary>The cells of a row.</summary>
    public static string[] Cells(RowResult result, MachinePeaks peaks)
    {
        if (result.Failure is not null)
        {
            return [result.Row.Name, $"{result.Threads}", "-", "-", "-", "-", "-", "-", "not timed", SetName(result.Set), ""];
        }

        var ratios = result.Ratios;
        var share = result.Row.FmaShareOf(result.Set) is { } least
            ? $"{Quantity.Share(result.FmaShare(peaks))} of {Quantity.Share(least)}"
            : "-";
        return
        [
            result.Row.Name,
            $"{result.Threads}",
            Quantity.Time(ratios.Ours / 1000),
            Quantity.Time(ratios.Theirs / 1000),
            Quantity.Number(ratios.Ratio),
            $"{Quantity.Number(ratios.Least)} - {Quantity.Number(ratios.Most)}",
            result.Target is { } target ? Quantity.Number(target) : share,
            Quantity.Number(result.Bound(peaks)),
            result.Verdict(peaks),
            SetName(result.Set),
            result.Candidate,
        ];
    }

    private static string List(IReadOnlyList<(double Holds, double BytesPerSecond)> rates) => string.Join(
        ", ",
        rates.Select(rate => Quantity.Rate(rate.BytesPerSecond, isMemory: true) +
            (double.IsInfinity(rate.Holds) ? " beyond" : $" to {rate.Holds / (1 << 20):F0} MB")));

    private static string Brief(RowResult result) =>
        $"{result.Row.Name} x{result.Threads} ({Quantity.Number(result.Ratios.Ratio)}{(result.Target is { } target ? $", target {Quantity.Number(target)}" : "")})";

    private static string SetName(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => "AVX-512",
        InstructionSet.Avx2 or InstructionSet.Avx2ByChoice => "AVX2",
        _ => "128-bit",
    };
}
