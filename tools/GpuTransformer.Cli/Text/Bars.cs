using System.Globalization;

namespace GpuTransformer.Cli.Text;

/// <summary>Shares of a whole as bars of blocks, eighths included.</summary>
internal static class Bars
{
    private const string Eighths = " ▏▎▍▌▋▊▉█";

    /// <summary>A bar of at most <paramref name="width"/> blocks.</summary>
    public static string Of(double share, int width)
    {
        var eighths = (int)Math.Round(Math.Clamp(share, 0, 1) * width * 8);
        return new string('█', eighths / 8) + (eighths % 8 == 0 ? "" : Eighths[eighths % 8].ToString());
    }

    /// <summary>A share in per cent.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");
}
