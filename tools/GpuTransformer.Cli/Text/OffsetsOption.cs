using System.CommandLine;

namespace GpuTransformer.Cli.Text;

/// <summary>--offsets: how places in a text are counted.</summary>
internal sealed class OffsetsOption
{
    public OffsetsOption() => Option.AcceptOnlyFromAmong("utf16", "codepoints");

    public Option<string> Option { get; } = new("--offsets")
    {
        Description = "Count places in UTF-16 units, as .NET and JavaScript do, or in Unicode code points, as Python does.",
        HelpName = "utf16|codepoints",
        DefaultValueFactory = _ => "utf16",
    };

    /// <summary>Whether code points are asked for.</summary>
    public bool Read(ParseResult parsed) => parsed.GetValue(Option) == "codepoints";
}
