using System.Text;
using static GpuTransformer.Diagnostics.Roofline.Xml;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The roofline plot (Williams, Waterman, Patterson 2009, doi:10.1145/1498765.1498785) as SVG: operations a byte
/// to the right, operations a second upward, both logarithmic; slanted roofs are bandwidths, level ones arithmetic.</summary>
internal sealed class RooflinePlot
{
    private const double Width = 1160;
    private const double Height = 600;
    private const double Left = 78;
    private const double Right = Width - 18;
    private const double Top = 20;
    private const double Bottom = Height - 52;

    // A roof this close to another says nothing more.
    private const double DistinctRoofs = 1.3;
    private readonly RooflineRow[] _rows;
    private readonly Roof[] _roofs;
    private readonly LogAxis _x;
    private readonly LogAxis _y;
    private readonly StringBuilder _svg = new();
    private readonly LabelPlaces _labels = new(Left + 4, Top + 4, Right - 4, Bottom - 4);

    private RooflinePlot(RooflineReport report)
    {
        _rows = [.. report.Rows.Where(r => r.IsPlotted)];
        _roofs = Distinct(report.Roofs);
        var flops = _roofs.Where(r => !r.IsMemory).Select(r => r.Rate).DefaultIfEmpty(1e9).Max();
        var slowest = _roofs.Where(r => r.IsMemory && r.IsOuter).Select(r => r.Rate).DefaultIfEmpty(1e9).Min();
        _x = LogAxis.Around(_rows.Select(r => r.Intensity).Append(flops / slowest), 2.2, Left, Right);
        var rates = _rows.Select(r => r.FlopsPerSecond)
            .Concat(_rows.Where(r => r.Cublas is not null).Select(r => r.Work.Flops / r.Cublas!.Median)).Append(flops);
        _y = LogAxis.Around(rates, 1.9, Bottom, Top);
    }

    /// <summary>The plot; empty where no row has both operations and bytes.</summary>
    public static string Draw(RooflineReport report)
    {
        var plot = new RooflinePlot(report);
        return plot._rows.Length == 0 || plot._roofs.Length == 0 ? "" : plot.Draw();
    }

    /// <summary>What stands beside a row's point: the family's colour says the rest.</summary>
    public static string ShortName(RooflineRow row) => row.Family switch
    {
        RowFamily.MatMul => row.Name["matmul ".Length..],
        RowFamily.Attention => row.Name["attention 12 heads x 64, ".Length..],
        RowFamily.Rows => row.Name[..row.Name.IndexOf(' ', StringComparison.Ordinal)],
        RowFamily.Weights => row.Name["matmul ".Length..],
        _ => row.Name.Replace(" tokens", "", StringComparison.Ordinal).Replace(" 1 image 224x224", "", StringComparison.Ordinal)
            .Replace("1 x 1 token over ", "", StringComparison.Ordinal),
    };

    /// <summary>The outer roofs, and of the others those that are well above the next lower one.</summary>
    private static Roof[] Distinct(IReadOnlyList<Roof> roofs)
    {
        List<Roof> kept = [.. roofs.Where(r => r.IsOuter)];
        foreach (var roof in roofs.Where(r => !r.IsOuter).OrderBy(r => r.Rate))
        {
            if (kept.TrueForAll(k => k.IsMemory != roof.IsMemory || Math.Max(k.Rate, roof.Rate) > DistinctRoofs * Math.Min(k.Rate, roof.Rate)))
            {
                kept.Add(roof);
            }
        }

        return [.. kept];
    }

    private string Draw()
    {
        _svg.AppendLine(
            $"<svg class=\"plot\" viewBox=\"0 0 {N(Width)} {N(Height)}\" role=\"img\" aria-label=\"Roofline plot\" xmlns=\"http://www.w3.org/2000/svg\">");
        DrawAxes();
        foreach (var roof in _roofs)
        {
            DrawRoof(roof);
        }

        foreach (var row in _rows)
        {
            _labels.Take(_x.At(row.Intensity), _y.At(row.FlopsPerSecond), 13, 13);
        }

        foreach (var row in _rows.OrderByDescending(r => r.FlopsPerSecond))
        {
            DrawRow(row);
        }

        return _svg.AppendLine("</svg>").ToString();
    }

    private void DrawAxes()
    {
        _svg.AppendLine($"<rect class=\"frame\" x=\"{N(Left)}\" y=\"{N(Top)}\" width=\"{N(Right - Left)}\" height=\"{N(Bottom - Top)}\"/>");
        foreach (var value in _x.Decades)
        {
            var x = _x.At(value);
            _svg.AppendLine($"<line class=\"grid\" x1=\"{N(x)}\" y1=\"{N(Top)}\" x2=\"{N(x)}\" y2=\"{N(Bottom)}\"/>");
            _svg.AppendLine($"<text class=\"tick\" x=\"{N(x)}\" y=\"{N(Bottom + 18)}\" text-anchor=\"middle\">{N(value)}</text>");
        }

        foreach (var value in _y.Decades)
        {
            var y = _y.At(value);
            _svg.AppendLine($"<line class=\"grid\" x1=\"{N(Left)}\" y1=\"{N(y)}\" x2=\"{N(Right)}\" y2=\"{N(y)}\"/>");
            var text = value >= 1e12 ? $"{N(value / 1e12)} TFLOP/s" : value >= 1e9 ? $"{N(value / 1e9)} GFLOP/s" : $"{N(value / 1e6)} MFLOP/s";
            _svg.AppendLine($"<text class=\"tick\" x=\"{N(Left - 6)}\" y=\"{N(y + 4)}\" text-anchor=\"end\">{text}</text>");
        }

        _svg.AppendLine(
            $"<text class=\"axis\" x=\"{N((Left + Right) / 2)}\" y=\"{N(Height - 12)}\" text-anchor=\"middle\">operations a byte moved (flop/B)</text>");
    }

    private void DrawRoof(Roof roof)
    {
        var style = !roof.IsMeasured ? "roof card" : roof.IsOuter ? "roof outer" : "roof inner";
        var top = _roofs.Where(r => !r.IsMemory && (r.IsMeasured == roof.IsMeasured || !roof.IsMemory)).Select(r => r.Rate).DefaultIfEmpty(_y.Most).Max();
        var text = NameOf(roof);
        double x1, y1, x2, y2;
        if (roof.IsMemory)
        {
            // From where it enters the frame to the level roof of its kind.
            var first = Math.Max(_x.Least, _y.Least / roof.Rate);
            var last = Math.Min(_x.Most, Math.Min(top, _y.Most) / roof.Rate);
            if (last <= first)
            {
                return;
            }

            (x1, y1, x2, y2) = (_x.At(first), _y.At(first * roof.Rate), _x.At(last), _y.At(last * roof.Rate));
        }
        else
        {
            var bandwidth = _roofs.Where(r => r.IsMemory && r.IsOuter && r.IsMeasured == roof.IsMeasured).Select(r => r.Rate).DefaultIfEmpty(0).Max();
            var begin = bandwidth > 0 ? Math.Clamp(roof.Rate / bandwidth, _x.Least, _x.Most) : _x.Least;
            (x1, y1, x2, y2) = (_x.At(begin), _y.At(roof.Rate), Right, _y.At(roof.Rate));
        }

        _svg.AppendLine($"<line class=\"{style}\" x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\"><title>{T(text)}</title></line>");
        _labels.TakeLine(x1, y1, x2, y2);
        DrawRoofName(roof, text, x1, y1, x2, y2);
    }

    /// <summary>Along the line. Level roofs: above the line at its right end, the measured one left of the card's, whose
    /// line is near. Slanted ones: near the left end, the measured one below its line.</summary>
    private void DrawRoofName(Roof roof, string text, double x1, double y1, double x2, double y2)
    {
        const double Space = 6, TextHeight = 11;
        var angle = Math.Atan2(y2 - y1, x2 - x1);
        var width = LabelPlaces.WidthOf(text);
        var card = _roofs.FirstOrDefault(r => !r.IsMemory && !r.IsMeasured);
        var taken = roof.IsMeasured && roof.IsOuter && card is not null ? LabelPlaces.WidthOf(NameOf(card)) : 0;
        var along = roof.IsMemory ? 10 : Math.Max(0, x2 - x1 - width - taken - Space);
        var shift = roof.IsMemory && roof.IsMeasured ? 14 : roof.IsMeasured && card is not null && roof.IsOuter ? _y.At(card.Rate) - y1 - Space : -Space;
        var (x, y) = (x1 + along * Math.Cos(angle) - shift * Math.Sin(angle), y1 + along * Math.Sin(angle) + shift * Math.Cos(angle));
        _svg.AppendLine(
            $"<text class=\"roofname\" x=\"{N(x)}\" y=\"{N(y)}\" transform=\"rotate({N(angle * 180 / Math.PI)} {N(x)} {N(y)})\">{T(text)}</text>");
        _labels.TakeLine(
            x + 4 * Math.Sin(angle), y - 4 * Math.Cos(angle), x + width * Math.Cos(angle) + 4 * Math.Sin(angle),
            y + width * Math.Sin(angle) - 4 * Math.Cos(angle), TextHeight);
    }

    private static string NameOf(Roof roof) => $"{roof.Name}: {Quantity.Rate(roof.Rate, roof.IsMemory)}";

    private void DrawRow(RooflineRow row)
    {
        var family = RooflinePage.ClassOf(row.Family);
        var (x, y) = (_x.At(row.Intensity), _y.At(row.FlopsPerSecond));
        if (row.Cublas is { } cublas)
        {
            var other = _y.At(row.Work.Flops / cublas.Median);
            _svg.AppendLine($"<line class=\"pair\" x1=\"{N(x)}\" y1=\"{N(y)}\" x2=\"{N(x)}\" y2=\"{N(other)}\"/>");
            _svg.AppendLine(
                $"<path class=\"cublas\" d=\"M {N(x)} {N(other - 6)} l 6 6 l -6 6 l -6 -6 z\"><title>{T($"cuBLAS, {row.Name}: {Quantity.Rate(row.Work.Flops / cublas.Median, false)}")}</title></path>");
        }

        var text = ShortName(row);
        var (cx, cy, isFar) = _labels.Place(x, y, text);
        if (isFar)
        {
            var near = cx > x ? cx - LabelPlaces.WidthOf(text) / 2 : cx + LabelPlaces.WidthOf(text) / 2;
            _svg.AppendLine($"<line class=\"lead\" x1=\"{N(x)}\" y1=\"{N(y)}\" x2=\"{N(near)}\" y2=\"{N(cy)}\"/>");
        }

        var tip = $"{row.Name}: {Quantity.Rate(row.FlopsPerSecond, false)}, {Quantity.Rate(row.BytesPerSecond, true)}, {Quantity.Number(row.Intensity)} flop/B, " +
            $"{Quantity.Time(row.Time.Median)}, {Quantity.Share(row.ShareOfMeasured)} of {row.MeasuredPeak}";
        _svg.AppendLine($"<circle class=\"point {family}\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"5.5\"><title>{T(tip)}</title></circle>");
        _svg.AppendLine($"<text class=\"name {family}\" x=\"{N(cx)}\" y=\"{N(cy + 4)}\" text-anchor=\"middle\">{T(text)}</text>");
    }
}
