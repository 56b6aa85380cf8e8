using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using GpuTransformer.Diagnostics.Roofline;
using Xunit;

namespace GpuTransformer.Tests.Roofline;

/// <summary>The page of a report.</summary>
public partial class RooflinePageTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void It_is_well_formed_and_needs_nothing_from_elsewhere()
    {
        var text = RooflinePage.Write(SampleReport.Card());
        var page = Parse(text);
        Assert.Equal("html", page.Root!.Name.LocalName);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe" or "object" or "use");
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href" or "srcset" or "data");
        Assert.DoesNotMatch(Outside(), text.Replace(s_svg.NamespaceName, "", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_row_is_in_the_table_once_and_in_the_plot_where_it_can_be()
    {
        var report = SampleReport.Card();
        var page = Parse(RooflinePage.Write(report));
        var cells = page.Descendants("td").Where(e => (string?)e.Attribute("class") == "what").Select(e => e.Value);
        Assert.Equal(report.Rows.Select(r => r.Name), cells);
        var points = page.Descendants(s_svg + "circle").Where(e => ((string)e.Attribute("class")!).StartsWith("point", StringComparison.Ordinal)).ToArray();
        Assert.Equal(report.Rows.Count(r => r.IsPlotted), points.Length);
        Assert.All(report.Rows.Where(r => r.IsPlotted), row => Assert.Single(points, p => p.Value.StartsWith($"{row.Name}: ", StringComparison.Ordinal)));
        Assert.Equal(report.Rows.Count(r => r.ShareOfMeasured is not null), page.Descendants(s_svg + "rect").Count(e => ((string)e.Attribute("class")!).StartsWith("bar ", StringComparison.Ordinal)));
        Assert.Equal(report.Roofs.Count, page.Descendants(s_svg + "line").Count(e => ((string?)e.Attribute("class") ?? "").StartsWith("roof", StringComparison.Ordinal)));
    }

    [Fact]
    public void Points_stay_in_the_frame_and_labels_off_each_other()
    {
        var page = Parse(RooflinePage.Write(SampleReport.Card()));
        var frame = page.Descendants(s_svg + "rect").First(e => (string?)e.Attribute("class") == "frame");
        var (left, top) = (Number(frame, "x"), Number(frame, "y"));
        var (right, bottom) = (left + Number(frame, "width"), top + Number(frame, "height"));
        Assert.All(page.Descendants(s_svg + "circle"), p =>
        {
            Assert.InRange(Number(p, "cx"), left, right);
            Assert.InRange(Number(p, "cy"), top, bottom);
        });

        var names = page.Descendants(s_svg + "text").Where(e => ((string)e.Attribute("class")!).StartsWith("name", StringComparison.Ordinal))
            .Select(e => (X: Number(e, "x"), Y: Number(e, "y"), Half: LabelPlaces.WidthOf(e.Value) / 2)).ToArray();
        for (var i = 0; i < names.Length; i++)
        {
            for (var j = i + 1; j < names.Length; j++)
            {
                Assert.True(
                    Math.Abs(names[i].Y - names[j].Y) >= 14 || Math.Abs(names[i].X - names[j].X) >= names[i].Half + names[j].Half - 0.1,
                    $"labels {i} and {j}");
            }
        }
    }

    [Fact]
    public void What_is_missing_and_what_failed_is_said()
    {
        var text = Parse(RooflinePage.Write(SampleReport.Card() with { IsComplete = false })).Root!.Value;
        Assert.Contains("a row without time", text);
        Assert.Contains("FAILED: a wrong row: y[0] is 1, expected 2", text);
        Assert.Contains("cuBLAS 13.1.0", text);
        Assert.Contains("A <card> & more", text);
        Assert.Contains("not finished", text);
    }

    [Fact]
    public void A_report_without_rows_is_a_page_too() =>
        Parse(RooflinePage.Write(SampleReport.Card() with { Rows = [], Roofs = [] }));

    private static XDocument Parse(string page)
    {
        using var reader = XmlReader.Create(new StringReader(page), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static double Number(XElement element, string attribute) =>
        double.Parse((string)element.Attribute(attribute)!, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("https?:|//|@import|url\\(|javascript")]
    private static partial Regex Outside();
}
