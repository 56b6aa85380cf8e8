using System.Text;
using System.Text.RegularExpressions;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Several kernels in one text of PTX, so that one run of ptxas and of the disassembler serves them all: most
/// of their time goes into starting.</summary>
internal static partial class PtxModule
{
    /// <summary>Whether a kernel is one function, which alone can stand beside others under a name of its own.</summary>
    public static bool CanJoin(string ptx) =>
        Entry().Count(ptx) == 1 && !ptx.Contains(".func", StringComparison.Ordinal) && !ptx.Contains(".extern", StringComparison.Ordinal);

    public static string NameOf(int index) => $"kernel{index}";

    /// <summary>The kernels under <see cref="NameOf"/>; a single one may be anything.</summary>
    public static string Join(IReadOnlyList<string> kernels)
    {
        var text = new StringBuilder();
        for (var i = 0; i < kernels.Count; i++)
        {
            var start = i == 0 ? 0 : Entry().Match(kernels[i]).Index;
            text.AppendLine(Entry().Replace(kernels[i][start..], $".visible .entry {NameOf(i)}("));
        }

        return text.ToString();
    }

    /// <summary>A report's parts by kernel: each from its heading to the next.</summary>
    public static IReadOnlyDictionary<string, string> Parts(string report, Regex heading)
    {
        var parts = new Dictionary<string, string>();
        var headings = heading.Matches(report);
        for (var i = 0; i < headings.Count; i++)
        {
            var end = i + 1 < headings.Count ? headings[i + 1].Index : report.Length;
            parts[headings[i].Groups[1].Value] = report[headings[i].Index..end];
        }

        return parts;
    }

    [GeneratedRegex(@"\.visible \.entry \w+\(")]
    private static partial Regex Entry();
}
