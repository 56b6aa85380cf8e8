namespace GpuTransformer.Tokenizers;

/// <summary>One token on its way through the pipeline; offsets are in UTF-16 units of the text.</summary>
internal readonly record struct Token(
    int Id, string Text, int Start, int End, int TypeId = 0, bool IsSpecial = false, bool IsPadding = false);

/// <summary>Tokens that post-processors cut, extend and join.</summary>
internal sealed class TokenList
{
    private readonly List<Token> _tokens = [];

    /// <summary>How many tokens there are.</summary>
    public int Count => _tokens.Count;

    /// <summary>A token.</summary>
    public Token this[int index]
    {
        get => _tokens[index];
        set => _tokens[index] = value;
    }

    /// <summary>Adds one.</summary>
    public void Add(in Token token) => _tokens.Add(token);

    /// <summary>Adds all of another list, as of type <paramref name="typeId"/>.</summary>
    public void Append(TokenList other, int typeId)
    {
        foreach (Token token in other._tokens)
        {
            _tokens.Add(token with { TypeId = typeId });
        }
    }

    /// <summary>Keeps <paramref name="count"/> tokens: the first ones, or the last ones.</summary>
    public void Truncate(int count, bool keepLast)
    {
        if (count < _tokens.Count)
        {
            _tokens.RemoveRange(keepLast ? 0 : count, _tokens.Count - count);
        }
    }

    /// <summary>Adds padding until there are <paramref name="length"/> tokens.</summary>
    public void Pad(int length, in Token padding, bool atStart)
    {
        int missing = Math.Max(0, length - _tokens.Count);
        _tokens.InsertRange(atStart ? 0 : _tokens.Count, Enumerable.Repeat(padding, missing));
    }

    /// <summary>One value of every token.</summary>
    public T[] Column<T>(Func<Token, T> select)
    {
        var values = new T[_tokens.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = select(_tokens[i]);
        }
        return values;
    }
}
