namespace GpuTransformer.Tokenizers;

/// <summary>A text, or a pair of texts, as tokens. All arrays have one entry a token; each is made when it is first asked
/// for.</summary>
public sealed class Tokenization
{
    private readonly TokenList _tokens;
    private readonly string _first;
    private readonly string? _second;
    private int[]? _ids;
    private string[]? _texts;
    private (int Start, int End)[]? _offsets;
    private (int Start, int End)[]? _codePointOffsets;
    private int[]? _typeIds;
    private int[]? _specialMask;
    private int[]? _attentionMask;
    private int[]? _sequenceIds;

    internal Tokenization(TokenList tokens, string first, string? second = null)
    {
        _tokens = tokens;
        _first = first;
        _second = second;
    }

    /// <summary>How many tokens there are.</summary>
    public int Count => _tokens.Count;

    /// <summary>Ids.</summary>
    public int[] Ids => _ids ??= Column(static (in Token token) => token.Id);

    /// <summary>Tokens as the vocabulary writes them.</summary>
    public string[] Tokens => _texts ??= Column((in Token token) => _tokens.TextOf(token));

    /// <summary>Where each token stands in its text, [start, end) in UTF-16 units, so that text[start..end] is what
    /// it was made from. (0, 0) for tokens that were added.</summary>
    public (int Start, int End)[] Offsets => _offsets ??= Column(static (in Token token) => (token.Start, token.End));

    /// <summary>The same, [start, end) in Unicode code points, as Python counts letters.</summary>
    public (int Start, int End)[] CodePointOffsets => _codePointOffsets ??= InCodePoints();

    /// <summary>0 for the first text, 1 for the second, unless the tokenizer's template says otherwise.</summary>
    public int[] TypeIds => _typeIds ??= Column(static (in Token token) => token.TypeId);

    /// <summary>1 for tokens that the template or padding added.</summary>
    public int[] SpecialMask => _specialMask ??= Column(static (in Token token) => token.Source == TokenSource.Text ? 0 : 1);

    /// <summary>0 for padding.</summary>
    public int[] AttentionMask =>
        _attentionMask ??= Column(static (in Token token) => token.Source == TokenSource.Padding ? 0 : 1);

    /// <summary>Which text a token is of, 0 or 1; -1 for tokens that the template or padding added.</summary>
    public int[] SequenceIds =>
        _sequenceIds ??= Column(static (in Token token) => token.Source == TokenSource.Text ? token.Sequence : -1);

    private delegate T Select<T>(in Token token);

    private T[] Column<T>(Select<T> select)
    {
        ReadOnlySpan<Token> tokens = _tokens.Tokens;
        var values = new T[tokens.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = select(tokens[i]);
        }
        return values;
    }

    private (int Start, int End)[] InCodePoints()
    {
        int[]? first = CodePointsBefore(_first);
        int[]? second = _second is null ? null : CodePointsBefore(_second);
        return Column((in Token token) =>
        {
            int[]? before = token.Source != TokenSource.Text ? null : token.Sequence == 0 ? first : second;
            return before is null ? (token.Start, token.End) : (before[token.Start], before[token.End]);
        });
    }

    // How many code points begin before each place; null when each unit is one. Half of a pair alone counts as one.
    private static int[]? CodePointsBefore(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return null;
        }
        var before = new int[text.Length + 1];
        for (int i = 0, count = 0; i < text.Length; i++)
        {
            bool isSecondHalf = i > 0 && char.IsSurrogatePair(text[i - 1], text[i]);
            count += isSecondHalf ? 0 : 1;
            before[i + 1] = count;
        }
        // A place between the halves of a pair is where the pair begins.
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
            {
                before[i] = before[i - 1];
            }
        }
        return before;
    }
}
