namespace GpuTransformer.Generation;

/// <summary>Changes the scores of a next token. One object serves one call of generation, sequence after sequence.</summary>
internal interface ILogitsRule
{
    /// <summary>Changes <paramref name="scores"/> in place: logits, or log-probabilities in a beam search.</summary>
    void Apply(in SequenceSoFar sequence, Span<float> scores);
}

/// <summary>What a rule sees of a sequence.</summary>
internal readonly ref struct SequenceSoFar
{
    /// <summary>All tokens, prompt included.</summary>
    public required ReadOnlySpan<int> Ids { get; init; }

    /// <summary>Tokens of the prompt (or of an encoder-decoder's start).</summary>
    public required int PromptLength { get; init; }

    /// <summary>The most tokens that the sequence may have.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Source ids of an encoder-decoder, the prompt of a decoder.</summary>
    public required ReadOnlySpan<int> Source { get; init; }

    /// <summary>Tokens made.</summary>
    public int Made => Ids.Length - PromptLength;
}
