using System.Text;
using static GpuTransformer.Diagnostics.Roofline.Xml;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>How much of its roof each row reaches, as bars, with marks for its targets and for cuBLAS.</summary>
internal static class ShareBars
{
    private const double Width = 1160;
    private const double Left = 330;
    private const double Right = Width - 70;
    private const double RowHeight = 21;
    private const double Top = 26;

    /// <summary>The bars; empty where no row has a share.</summary>
    public static string Draw(RooflineReport report)
    {
        var rows = report.Rows.Where(r => r.ShareOfMeasured is not null).ToArray();
        if (rows.Length == 0)
        {
            return "";
        }

        // Caches can beat the roof that is memory's.
        var most = Math.Max(1.0, Math.Ceiling(rows.Max(r => Math.Max(Share(r), CublasShare(r) ?? 0)) * 10) / 10);
        double At(double share) => Left + share / most * (Right - Left);
        var height = Top + rows.Length * RowHeight + 8;
        var svg = new StringBuilder();
        svg.AppendLine(
            $"<svg class=\"bars\" viewBox=\"0 0 {N(Width)} {N(height)}\" role=\"img\" aria-label=\"Share of the roof\" xmlns=\"http://www.w3.org/2000/svg\">");
        for (var percent = 0; percent <= most * 100 + 0.5; percent += 20)
        {
            var x = At(percent / 100.0);
            svg.AppendLine($"<line class=\"{(percent == 100 ? "full" : "grid")}\" x1=\"{N(x)}\" y1=\"{N(Top - 4)}\" x2=\"{N(x)}\" y2=\"{N(height - 6)}\"/>");
            svg.AppendLine($"<text class=\"tick\" x=\"{N(x)}\" y=\"{N(Top - 10)}\" text-anchor=\"middle\">{percent} %</text>");
        }

        for (var i = 0; i < rows.Length; i++)
        {
            DrawRow(svg, rows[i], Top + i * RowHeight, At);
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static void DrawRow(StringBuilder svg, RooflineRow row, double y, Func<double, double> at)
    {
        var middle = y + RowHeight / 2;
        var share = Share(row);
        svg.AppendLine($"<text class=\"label\" x=\"{N(Left - 8)}\" y=\"{N(middle + 4)}\" text-anchor=\"end\">{T(row.Name)}</text>");
        svg.AppendLine(
            $"<rect class=\"bar {RooflinePage.ClassOf(row.Family)}\" x=\"{N(Left)}\" y=\"{N(y + 3)}\" width=\"{N(at(share) - Left)}\" height=\"{N(RowHeight - 6)}\" rx=\"2\">" +
            $"<title>{T($"{row.Name}: {Quantity.Share(share)} of {row.MeasuredPeak}, {Quantity.Time(row.Time.Median)}")}</title></rect>");
        foreach (var (value, style) in Marks(row))
        {
            svg.AppendLine($"<line class=\"{style}\" x1=\"{N(at(value))}\" y1=\"{N(y + 1)}\" x2=\"{N(at(value))}\" y2=\"{N(y + RowHeight - 1)}\"/>");
        }

        if (CublasShare(row) is { } cublas)
        {
            svg.AppendLine(
                $"<path class=\"cublas\" d=\"M {N(at(cublas))} {N(middle - 6)} l 6 6 l -6 6 l -6 -6 z\"><title>{T($"cuBLAS: {Quantity.Share(cublas)}")}</title></path>");
        }

        var end = at(Math.Max(share, Math.Max(CublasShare(row) ?? 0, Marks(row).Select(m => m.Value).DefaultIfEmpty(0).Max()))) + 9;
        svg.AppendLine($"<text class=\"value\" x=\"{N(Math.Min(end, Right + 20))}\" y=\"{N(middle + 4)}\">{Quantity.Share(share)}</text>");
    }

    private static double Share(RooflineRow row) => row.ShareOfMeasured ?? 0;

    private static double? CublasShare(RooflineRow row) => row.ShareOfCublas is { } over ? row.ShareOfMeasured / over : null;

    /// <summary>Where the first target and the aim are on the scale of the bars; only where they are judged.</summary>
    private static IEnumerable<(double Value, string Style)> Marks(RooflineRow row)
    {
        if (row is not { Target: { IsTime: false } target, TargetValue: > 0 and { } reached })
        {
            yield break;
        }

        yield return (Share(row) / reached * target.First, "first");
        yield return (Share(row) / reached * target.Aim, "aim");
    }
}
