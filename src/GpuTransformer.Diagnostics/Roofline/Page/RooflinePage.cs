using System.Globalization;
using System.Text;
using static GpuTransformer.Diagnostics.Roofline.Xml;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A report as one page that needs nothing else: no script, no font, no picture from elsewhere. It is well-formed
/// XML too.</summary>
internal static class RooflinePage
{
    /// <summary>The page.</summary>
    public static string Write(RooflineReport report)
    {
        var page = new StringBuilder();
        page.AppendLine("<!DOCTYPE html>");
        page.AppendLine("<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        page.AppendLine($"<title>{T($"Roofline of {report.Device}")}</title><style>{PageStyle.Css}</style></head><body><main>");
        WriteHead(page, report);
        page.AppendLine(RooflinePlot.Draw(report));
        WriteLegend(page, report);
        page.AppendLine("<h2>Share of the roof</h2>");
        page.AppendLine(ShareBars.Draw(report));
        if (report.Rows.Any(r => r is { Verdict: not Verdict.NotJudged, Target.IsTime: false }))
        {
            page.AppendLine("<p class=\"legend\"><span><i class=\"dotted\"></i>first target</span><span><i class=\"stroke\"></i>aim</span><span><i class=\"diamond\"></i>cuBLAS</span></p>");
        }

        page.AppendLine("<h2>Every row</h2>");
        PageTable.Write(page, report);
        WriteNotes(page, report);
        return page.AppendLine("</main></body></html>").ToString();
    }

    /// <summary>The style of a family.</summary>
    public static string ClassOf(RowFamily family) => $"f-{family.ToString().ToLowerInvariant()}";

    private static void WriteHead(StringBuilder page, RooflineReport report)
    {
        page.AppendLine($"<header><p class=\"over\">GpuTransformer · roofline</p><h1>{T(report.Device)}</h1><p class=\"under\">");
        page.AppendLine(
            $"{report.Date.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC · " +
            string.Join(" · ", report.Machine.Select(T)) + "</p></header><section class=\"tiles\">");
        foreach (var roof in report.Roofs.Where(r => r.IsOuter))
        {
            Tile(page, Quantity.Rate(roof.Rate, roof.IsMemory), $"{roof.Name}, {(roof.IsMeasured ? "measured" : "by its attributes")}");
        }

        foreach (var family in new[] { RowFamily.MatMul, RowFamily.Attention, RowFamily.Rows })
        {
            if (report.Rows.Where(r => r.Family == family && r.ShareOfMeasured is not null).MaxBy(r => r.ShareOfMeasured) is { } best)
            {
                Tile(page, Quantity.Share(best.ShareOfMeasured), $"of the roof, best {RooflineWords.Of(family)}");
            }
        }

        var judged = report.Rows.Where(r => r.Verdict != Verdict.NotJudged).ToArray();
        if (judged.Length > 0)
        {
            Tile(page, $"{judged.Count(r => r.Verdict != Verdict.Missed)} of {judged.Length}", "targets met (set for an NVIDIA H200)");
        }

        page.AppendLine("</section>");
    }

    private static void Tile(StringBuilder page, string value, string name) =>
        page.AppendLine($"<div class=\"tile\"><b>{T(value)}</b><span>{T(name)}</span></div>");

    private static void WriteLegend(StringBuilder page, RooflineReport report)
    {
        page.Append("<p class=\"legend\">");
        foreach (var family in report.Rows.Where(r => r.IsPlotted).Select(r => r.Family).Distinct())
        {
            page.Append($"<span><i class=\"dot {ClassOf(family)}\"></i>{T(RooflineWords.Of(family))}</span>");
        }

        if (report.Rows.Any(r => r.Cublas is not null))
        {
            page.Append("<span><i class=\"diamond\"></i>cuBLAS, TF32 off</span>");
        }

        page.Append("<span><i class=\"solid\"></i>measured in this run</span>");
        if (report.Roofs.Any(r => !r.IsMeasured))
        {
            page.Append("<span><i class=\"dashed\"></i>by the card's attributes</span>");
        }

        page.AppendLine("</p>");
    }

    private static void WriteNotes(StringBuilder page, RooflineReport report)
    {
        page.AppendLine("<h2>Notes</h2><ul class=\"notes\">");
        var notes = new List<string>
        {
            $"Times are medians over rounds in which every row of a family, what stands beside it and the roofs take turns; by {report.Clock}. Results are checked before anything is timed.",
            "Operations and bytes are those of the mathematics, each byte once: a kernel that moves more stays further below its roof. Rows without arithmetic and the launch are in the table only.",
        };
        notes.AddRange(report.Remarks);
        notes.AddRange(report.Roofs.Select(r =>
            $"{r.Name}: {Quantity.Rate(r.Rate, r.IsMemory)}, {(r.IsMeasured ? "measured" : "by the card's attributes")}."));
        notes.AddRange(report.LeftOut.Select(r => $"Not measured, {r.Reason}: {r.Name}."));
        notes.AddRange(report.Failures.Select(r => $"FAILED: {r.Name}: {r.Reason}"));
        if (!report.IsComplete)
        {
            notes.Add("The run was not finished when this page was written.");
        }

        notes.Add($"gputx bench took {report.Seconds.ToString("F0", CultureInfo.InvariantCulture)} s; {report.Choice}.");
        notes.ForEach(note => page.AppendLine($"<li>{T(note)}</li>"));
        page.AppendLine("</ul>");
    }
}
