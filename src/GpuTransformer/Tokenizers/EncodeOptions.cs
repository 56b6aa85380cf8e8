namespace GpuTransformer.Tokenizers;

/// <summary>What encoding a text may do.</summary>
public sealed record EncodeOptions
{
    /// <summary>True: the special tokens that a model expects around a text are added.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>False for text that a stranger wrote: what looks like a special token in it is split as plain text and
    /// never becomes that token.</summary>
    public bool AllowSpecial { get; init; } = true;
}

/// <summary>A part of a text of which some parts may hold special tokens and others may not.</summary>
/// <param name="Text">The part.</param>
/// <param name="IsTrusted">True when special tokens in it are recognized, as in a chat template; false when it is data,
/// as what a person wrote.</param>
public readonly record struct TextSpan(string Text, bool IsTrusted);
