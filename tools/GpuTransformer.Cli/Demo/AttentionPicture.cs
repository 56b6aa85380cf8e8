using System.Globalization;
using System.Net;
using System.Text;

namespace GpuTransformer.Cli.Demo;

/// <summary>Draws the attention of one head over a sentence as SVG: rows look, columns are looked at.</summary>
internal static class AttentionPicture
{
    private const int Cell = 34;
    private const int Margin = 110;
    private const int Top = 150;

    /// <summary>The picture.</summary>
    /// <param name="title">Model, layer and head.</param>
    /// <param name="tokens">Tokens of the sentence.</param>
    /// <param name="weight">Weight of a token (first index) on another (second); rows sum to 1.</param>
    public static string Draw(string title, IReadOnlyList<string> tokens, Func<int, int, float> weight)
    {
        var size = tokens.Count * Cell;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Margin + size + 30}\" height=\"{Top + size + 50}\" ");
        svg.Append("font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"20\" y=\"28\" font-size=\"16\" font-weight=\"bold\">{Escape(title)}</text>\n");
        svg.Append("<text x=\"20\" y=\"48\" fill=\"#555\">each row shows where its token looks; darker is more</text>\n");
        for (var i = 0; i < tokens.Count; i++)
        {
            var middle = i * Cell + Cell / 2;
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin - 8}\" y=\"{Top + middle + 4}\" text-anchor=\"end\">{Escape(tokens[i])}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text transform=\"translate({Margin + middle + 4},{Top - 8}) rotate(-60)\">{Escape(tokens[i])}</text>\n");
            for (var j = 0; j < tokens.Count; j++)
            {
                var w = weight(i, j);
                svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Margin + j * Cell}\" y=\"{Top + i * Cell}\" width=\"{Cell - 1}\" height=\"{Cell - 1}\" fill=\"#08306b\" fill-opacity=\"{w:0.000}\">");
                svg.Append(CultureInfo.InvariantCulture, $"<title>{Escape(tokens[i])} on {Escape(tokens[j])}: {w:0.000}</title></rect>\n");
            }
        }

        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Margin - 0.5}\" y=\"{Top - 0.5}\" width=\"{size}\" height=\"{size}\" fill=\"none\" stroke=\"#999\"/>\n</svg>\n");
        return svg.ToString();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
