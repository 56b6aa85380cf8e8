namespace GpuTransformer.Tasks;

/// <summary>How texts become tokens before a model reads them.</summary>
public sealed record TokenizeOptions
{
    /// <summary>Cut texts that are longer than the model; else they are an error.</summary>
    public bool Truncate { get; init; }

    /// <summary>Cut texts at this many tokens, special tokens included; null: at the model's own limit, and only with
    /// <see cref="Truncate"/>.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether special tokens that stand in a text are those tokens. They are plain text unless this is set: what
    /// a person or a file says never becomes a control token.</summary>
    public bool AllowSpecial { get; init; }
}
