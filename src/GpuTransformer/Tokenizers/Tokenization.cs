namespace GpuTransformer.Tokenizers;

/// <summary>A text, or a pair of texts, as tokens. All arrays have one entry a token.</summary>
public sealed class Tokenization
{
    internal Tokenization(TokenList tokens)
    {
        Ids = tokens.Column(token => token.Id);
        Tokens = tokens.Column(token => token.Text);
        Offsets = tokens.Column(token => (token.Start, token.End));
        TypeIds = tokens.Column(token => token.TypeId);
        SpecialMask = tokens.Column(token => token.IsSpecial ? 1 : 0);
        AttentionMask = tokens.Column(token => token.IsPadding ? 0 : 1);
    }

    /// <summary>Ids.</summary>
    public int[] Ids { get; }

    /// <summary>Tokens as the vocabulary writes them.</summary>
    public string[] Tokens { get; }

    /// <summary>Where each token stands in its text, [start, end) in UTF-16 units, so that text[start..end] is what
    /// it was made from. (0, 0) for tokens that were added.</summary>
    public (int Start, int End)[] Offsets { get; }

    /// <summary>0 for the first text, 1 for the second, unless the tokenizer's template says otherwise.</summary>
    public int[] TypeIds { get; }

    /// <summary>1 for tokens that the template or padding added.</summary>
    public int[] SpecialMask { get; }

    /// <summary>0 for padding.</summary>
    public int[] AttentionMask { get; }
}
