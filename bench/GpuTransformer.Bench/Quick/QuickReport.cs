using BenchmarkDotNet.Environments;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;
using Spectre.Console;

namespace GpuTransformer.Bench;

/// <summary>What a quick run prints.</summary>
internal static class QuickReport
{
    // Below this part of the sum of its threads, a loop on registers was disturbed.
    private const double LeastScaling = 0.75;

    public static void WriteHeader(IAnsiConsole console)
    {
        var host = HostEnvironmentInfo.GetCurrent();
        console.WriteLine($"{host.CpuInfo.Value.ProcessorName}, {Environment.ProcessorCount} logical processors, {host.RuntimeVersion}");
        console.WriteLine(DeviceTraits.IlgpuDescription);
        console.WriteLine($"Measured: {string.Join(", ", BenchTarget.All)}. {string.Join(". ", BenchTarget.Remarks)}");
        console.WriteLine(
            "Times are medians over rounds; in a round every row has its turn, in an order that turns round each time, with a " +
            "batch of about 8 ms on data it has just used. The range is that of the rounds. The peaks are measured in the same " +
            "rounds, and a share divides median rates; best is the same for the fastest round of each, which other work on the " +
            "machine disturbs least. Rows that move more than they compute are held against the smallest plain read that is as " +
            "large as what they touch. Results are checked before anything is timed.");
        console.WriteLine();
    }

    public static void WritePeaks(IAnsiConsole console, BenchDevice device, PeakSet peaks)
    {
        var table = NewTable($"{TitleOf(device)}: measured peaks", "loop", "over");
        foreach (var name in new[] { "on", "median", "range", "", "rounds" })
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        foreach (var peak in peaks.Measurements)
        {
            var amount = peak.Case.Work.Amount / 1e9;
            table.AddRow(
                peak.Case.Operation,
                peak.Case.Shape,
                On(peak),
                Number(peak.Rate),
                $"{Number(amount / peak.Times.Most)} - {Number(amount / peak.Times.Least)}",
                peak.Case.Work.Unit,
                $"{peak.Times.Count}");
        }

        console.Write(table);
        WarnOfBusyMachine(console, peaks);
    }

    public static void WriteCases(IAnsiConsole console, BenchDevice device, IEnumerable<Measurement> cases, PeakSet peaks)
    {
        var table = NewTable(TitleOf(device), "operation", "shape", "variant");
        foreach (var name in new[] { "on", "time", "range", "rounds", "rate", "share", "best" })
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn("of").NoWrap());
        foreach (var row in cases.GroupBy(m => (m.Case.Operation, m.Case.Shape, m.Case.SimdBits)).SelectMany(g => g))
        {
            var peak = peaks.For(row);
            table.AddRow(
                row.Case.Operation,
                row.Case.Shape,
                row.Case.Variant,
                On(row),
                Time(row.Times.Median),
                Range(row),
                $"{row.Times.Count}",
                $"{Number(row.Rate)} {row.Case.Work.Unit}",
                $"{row.Rate / peak.Rate:P0}",
                $"{row.BestRate / peak.BestRate:P0}",
                row.Case.Work.IsMemoryBound ? $"read, {peak.Case.Shape}" : "multiply-adds");
        }

        if (table.Rows.Count > 0)
        {
            console.Write(table);
        }
    }

    public static void WriteShortInputs(IAnsiConsole console, IEnumerable<Measurement> cases)
    {
        foreach (var group in cases.GroupBy(m => m.Threads))
        {
            var rows = group.ToArray();
            var longest = rows[^1];
            var table = NewTable(
                $"{longest.Case.Operation}, a session made for {QuickCases.Capacity} tokens: an input costs what it holds", "input");
            foreach (var name in new[] { "on", "time", "range", "a token", "of the longest" })
            {
                table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
            }

            foreach (var row in rows)
            {
                table.AddRow(
                    row.Case.Shape,
                    On(row),
                    Time(row.Times.Median),
                    Range(row),
                    Time(row.Times.Median / ((EncoderLayerCase)row.Case).Tokens),
                    $"{row.Times.Median / longest.Times.Median:P1}");
            }

            console.Write(table);
        }
    }

    public static void WriteLeftOut(IAnsiConsole console, IEnumerable<Measurement> leftOut)
    {
        foreach (var row in leftOut)
        {
            console.WriteLine($"Not measured, the time was up: {row.Case.Operation} {row.Case.Shape} {On(row)}");
        }
    }

    /// <summary>Registers share nothing between processors: threads that do not add up had to share one with others.</summary>
    private static void WarnOfBusyMachine(IAnsiConsole console, PeakSet peaks)
    {
        var loops = peaks.Measurements.Where(p => !p.Case.Work.IsMemoryBound).DistinctBy(p => p.Threads).ToArray();
        var (most, fewest) = (loops.MaxBy(p => p.Threads)!, loops.MinBy(p => p.Threads)!);
        if (fewest.Threads > 0 && most.Rate < LeastScaling * fewest.Rate * most.Threads / fewest.Threads)
        {
            console.WriteLine(
                $"Other work had the processors: {most.Threads} threads multiply and add only {most.Rate / fewest.Rate:F2} times " +
                $"as fast as {fewest.Threads}. Rows of {most.Threads} threads say what was left, not what the machine can do.");
        }
    }

    private static string TitleOf(BenchDevice device) =>
        device.IsCpu ? device.Name : $"{device.Name}, {device.Accelerator.Name}";

    private static Table NewTable(string title, params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle(Markup.Escape(title), Style.Plain), Expand = false };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        return table;
    }

    /// <summary>Instruction set and threads; on other devices nothing.</summary>
    private static string On(Measurement measurement)
    {
        var set = measurement.Case.SimdBits switch { 512 => "AVX-512", 256 => "AVX2", 128 => "128-bit", _ => "ILGPU" };
        return measurement.Threads == 0 ? set : $"{set} x{measurement.Threads}";
    }

    /// <summary>In the unit of the median.</summary>
    private static string Range(Measurement measurement) =>
        Quantity.Range(measurement.Times.Median, measurement.Times.Least, measurement.Times.Most);

    private static string Time(double seconds) => Quantity.Time(seconds);

    private static string Number(double value) => Quantity.Number(value);
}
