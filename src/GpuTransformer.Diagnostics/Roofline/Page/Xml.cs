using System.Globalization;
using System.Net;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Numbers and texts inside XML.</summary>
internal static class Xml
{
    /// <summary>A coordinate: two digits after the point, whatever the culture.</summary>
    public static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A text with nothing left in it that means something to a reader of XML.</summary>
    public static string T(string text) => WebUtility.HtmlEncode(text);
}
