using GpuTransformer.Diagnostics.Roofline;
using Spectre.Console;

namespace GpuTransformer.Cli.Bench;

/// <summary>A roofline report on a terminal.</summary>
internal static class RooflineTables
{
    public static void WriteHeader(IAnsiConsole console, RooflineReport report)
    {
        console.WriteLine($"{report.Device} ({report.Choice})");
        foreach (var line in report.Machine.Concat(report.Remarks))
        {
            console.WriteLine($"  {line}");
        }

        console.WriteLine(
            $"  Times are medians over alternating rounds, by {report.Clock}, with the range of the rounds; results are checked first.");
    }

    public static void WriteFamily(IAnsiConsole console, RooflineReport report, RowFamily family)
    {
        var rows = report.Rows.Where(r => r.Family == family).ToArray();
        if (rows.Length == 0)
        {
            return;
        }

        var table = NewTable(TitleOf(family), "operation", "variant");
        string[] numbers =
        [
            "time", "range", "rate", "flop/B", "of measured",
            .. report.Outer(false, false) is null ? [] : new[] { "of card" },
            .. rows.Any(r => r.Cublas is not null) ? new[] { "cuBLAS", "of cuBLAS" } : [],
            .. report.IsCard && rows.Any(r => r.Target is not null) ? new[] { "target", "verdict" } : [],
        ];
        foreach (var name in numbers)
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        foreach (var row in rows)
        {
            table.AddRow([.. new[] { row.Name, row.Variant }.Concat(numbers.Select(name => Cell(row, name))).Select(Markup.Escape)]);
        }

        console.Write(table);
    }

    public static void WriteEnd(IAnsiConsole console, RooflineReport report)
    {
        var table = NewTable("roofs", "what the device can do at best");
        table.AddColumn(new TableColumn("rate").RightAligned().NoWrap());
        foreach (var roof in report.Roofs)
        {
            table.AddRow(Markup.Escape($"{roof.Name}{(roof.IsMeasured ? ", measured" : ", by its attributes")}"), Quantity.Rate(roof.Rate, roof.IsMemory));
        }

        console.Write(table);
        foreach (var row in report.LeftOut)
        {
            console.WriteLine($"Not measured, {row.Reason}: {row.Name}");
        }

        foreach (var row in report.Failures)
        {
            console.WriteLine($"FAILED: {row.Name}: {row.Reason}");
        }

        if (report.IsCard)
        {
            var judged = report.Rows.Where(r => r.Verdict != Verdict.NotJudged).ToArray();
            console.WriteLine(
                $"Targets (set for an NVIDIA H200): {judged.Count(r => r.Verdict is Verdict.First or Verdict.Aim)} of {judged.Length} met, " +
                $"{judged.Count(r => r.Verdict == Verdict.Aim)} at their aim.");
        }

        if (report.Worst is { } worst)
        {
            console.WriteLine($"Furthest from its {(report.IsCard ? "target" : "roof")}: {worst.Name}.");
        }

        console.WriteLine($"Took {report.Seconds:F0} s.");
    }

    private static string Cell(RooflineRow row, string column) => column switch
    {
        "time" => Quantity.Time(row.Time.Median),
        "range" => Quantity.Range(row.Time.Median, row.Time.Least, row.Time.Most),
        "rate" => row.Family == RowFamily.Launch
            ? "-"
            : Quantity.Rate(row.Work.IsMemoryBound ? row.BytesPerSecond : row.FlopsPerSecond, row.Work.IsMemoryBound),
        "flop/B" => row.IsPlotted ? Quantity.Number(row.Intensity) : "-",
        "of measured" => row.MeasuredPeak is null ? "-" : $"{Quantity.Share(row.ShareOfMeasured)} {row.MeasuredPeak}",
        "of card" => Quantity.Share(row.ShareOfCard),
        "cuBLAS" => row.Cublas is null ? "-" : Quantity.Time(row.Cublas.Median),
        "of cuBLAS" => Quantity.Share(row.ShareOfCublas),
        "target" => row.Target is null ? "-" : RooflineWords.Of(row.Target),
        _ => RooflineWords.Of(row.Verdict),
    };

    private static string TitleOf(RowFamily family) => RooflineWords.Of(family);

    private static Table NewTable(string title, params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle(Markup.Escape(title), Style.Plain), Expand = false };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        return table;
    }
}
