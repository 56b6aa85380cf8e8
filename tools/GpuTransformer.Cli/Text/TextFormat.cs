namespace GpuTransformer.Cli.Text;

/// <summary>How input lines are understood.</summary>
internal enum TextFormat
{
    /// <summary>A JSON object with a string "text" is that, anything else is text.</summary>
    Auto,

    /// <summary>Every line is text as it stands.</summary>
    Text,

    /// <summary>Every line must be a JSON object with a string "text".</summary>
    Jsonl,
}
