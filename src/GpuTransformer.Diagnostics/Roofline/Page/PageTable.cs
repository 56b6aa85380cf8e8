using System.Text;
using static GpuTransformer.Diagnostics.Roofline.Xml;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The table of a page: every row of the report once.</summary>
internal static class PageTable
{
    public static void Write(StringBuilder page, RooflineReport report)
    {
        var hasCard = report.Roofs.Any(r => !r.IsMeasured);
        var hasCublas = report.Rows.Any(r => r.Cublas is not null);
        var hasTargets = report.IsCard && report.Rows.Any(r => r.Target is not null);
        page.Append("<div class=\"scroll\"><table><thead><tr><th>operation</th><th>variant</th><th>time</th><th>range</th><th>rate</th><th>flop/B</th><th>of measured</th>");
        page.Append(hasCard ? "<th>of card</th>" : "").Append(hasCublas ? "<th>cuBLAS</th><th>of cuBLAS</th>" : "");
        page.AppendLine(hasTargets ? "<th>target</th><th>reached</th><th></th></tr></thead>" : "</tr></thead>");
        foreach (var family in report.Rows.GroupBy(r => r.Family))
        {
            page.AppendLine($"<tbody class=\"{RooflinePage.ClassOf(family.Key)}\">");
            foreach (var row in family)
            {
                page.Append($"<tr><td class=\"what\">{T(row.Name)}</td><td class=\"variant\">{T(row.Variant)}</td>");
                Number(page, Quantity.Time(row.Time.Median));
                Number(page, Quantity.Range(row.Time.Median, row.Time.Least, row.Time.Most));
                Number(page, row.Family == RowFamily.Launch ? "-" : Quantity.Rate(row.Work.IsMemoryBound ? row.BytesPerSecond : row.FlopsPerSecond, row.Work.IsMemoryBound));
                Number(page, row.IsPlotted ? Quantity.Number(row.Intensity) : "-");
                Number(page, Quantity.Share(row.ShareOfMeasured), row.MeasuredPeak);
                if (hasCard)
                {
                    Number(page, Quantity.Share(row.ShareOfCard));
                }

                if (hasCublas)
                {
                    Number(page, row.Cublas is null ? "-" : Quantity.Time(row.Cublas.Median));
                    Number(page, Quantity.Share(row.ShareOfCublas));
                }

                if (hasTargets)
                {
                    WriteTarget(page, row);
                }

                page.AppendLine("</tr>");
            }

            page.AppendLine("</tbody>");
        }

        page.AppendLine("</table></div>");
    }

    private static void WriteTarget(StringBuilder page, RooflineRow row)
    {
        Number(page, row.Target is null ? "-" : RooflineWords.Of(row.Target));
        Number(page, row.Target is null ? "-" : RooflineWords.Value(row.Target, row.TargetValue));
        var verdict = row.Target is null ? "" : $"<span class=\"chip v-{row.Verdict.ToString().ToLowerInvariant()}\">{RooflineWords.Of(row.Verdict)}</span>";
        page.Append($"<td>{verdict}</td>");
    }

    private static void Number(StringBuilder page, string text, string? tip = null) =>
        page.Append(tip is null ? "<td class=\"number\">" : $"<td class=\"number\" title=\"{T($"of {tip}")}\">").Append(T(text)).Append("</td>");
}
