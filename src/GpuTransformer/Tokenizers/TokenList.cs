using System.Runtime.InteropServices;

namespace GpuTransformer.Tokenizers;

/// <summary>Where a token comes from.</summary>
internal enum TokenSource : byte
{
    /// <summary>The text.</summary>
    Text,

    /// <summary>The template.</summary>
    Template,

    /// <summary>Padding.</summary>
    Padding,
}

/// <summary>One token on its way through the pipeline; offsets are in UTF-16 units of the text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">Where what it was made from begins.</param>
/// <param name="End">Where that ends.</param>
/// <param name="Text">The token as it is written, or null: as its id is.</param>
/// <param name="TypeId">Its type.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Sequence">Which text of a pair it comes from.</param>
internal readonly record struct Token(
    int Id, int Start, int End, string? Text = null, int TypeId = 0, TokenSource Source = TokenSource.Text, byte Sequence = 0)
{
    /// <summary>A token of the template.</summary>
    public static Token OfTemplate(int id, string text, int typeId) =>
        new(id, 0, 0, text, typeId, TokenSource.Template);
}

/// <summary>Tokens that post-processors cut, extend and join.</summary>
internal sealed class TokenList(Func<int, string?> textOf)
{
    private readonly List<Token> _tokens = [];

    /// <summary>How many tokens there are.</summary>
    public int Count => _tokens.Count;

    /// <summary>The tokens, to be changed in place.</summary>
    public Span<Token> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>An empty list of the same vocabulary.</summary>
    public TokenList New() => new(textOf);

    /// <summary>How a token is written.</summary>
    public string TextOf(in Token token) => token.Text ?? textOf(token.Id) ?? "";

    /// <summary>Adds one.</summary>
    public void Add(in Token token) => _tokens.Add(token);

    /// <summary>Adds all of another list, as of type <paramref name="typeId"/>.</summary>
    public void Append(TokenList other, int typeId)
    {
        _tokens.EnsureCapacity(_tokens.Count + other._tokens.Count);
        foreach (ref readonly Token token in CollectionsMarshal.AsSpan(other._tokens))
        {
            _tokens.Add(token with { TypeId = typeId });
        }
    }

    /// <summary>Marks every token as of a text of a pair.</summary>
    public void SetSequence(byte sequence)
    {
        foreach (ref Token token in Tokens)
        {
            token = token with { Sequence = sequence };
        }
    }

    /// <summary>A part of the list.</summary>
    public TokenList Slice(int start, int end)
    {
        TokenList part = New();
        part._tokens.AddRange(CollectionsMarshal.AsSpan(_tokens)[start..end]);
        return part;
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
}
