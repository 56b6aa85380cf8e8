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
/// <param name="TypeId">Its type.</param>
/// <param name="WrittenAt">Where the list notes how it is written; 0: as its id is.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Sequence">Which text of a pair it comes from.</param>
internal readonly record struct Token(
    int Id, int Start, int End, int TypeId = 0, int WrittenAt = 0, TokenSource Source = TokenSource.Text, byte Sequence = 0);

/// <summary>Tokens that post-processors cut, extend and join. Lists that are made from each other share the notes of how
/// tokens are written.</summary>
internal sealed class TokenList
{
    private readonly Func<int, string?> _textOf;
    private readonly List<Token> _tokens = [];
    private readonly Notes _notes;

    /// <summary>An empty list; <paramref name="textOf"/> tells how an id is written.</summary>
    public TokenList(Func<int, string?> textOf) : this(textOf, new Notes())
    {
    }

    private TokenList(Func<int, string?> textOf, Notes notes)
    {
        _textOf = textOf;
        _notes = notes;
    }

    /// <summary>How many tokens there are.</summary>
    public int Count => _tokens.Count;

    /// <summary>The tokens, to be changed in place.</summary>
    public Span<Token> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>An empty list of the same vocabulary.</summary>
    public TokenList New() => new(_textOf, _notes);

    /// <summary>How a token is written.</summary>
    public string TextOf(in Token token) =>
        token.WrittenAt > 0 ? _notes.Written![token.WrittenAt - 1] : _textOf(token.Id) ?? "";

    /// <summary>Makes room for tokens to come.</summary>
    public void Expect(int count) => _tokens.EnsureCapacity(_tokens.Count + count);

    /// <summary>Adds one that is written as its id is.</summary>
    public void Add(in Token token) => _tokens.Add(token);

    /// <summary>Adds one that is written in a way of its own.</summary>
    public void Add(in Token token, ReadOnlySpan<char> written)
    {
        if (written.SequenceEqual(_textOf(token.Id)))
        {
            _tokens.Add(token);
            return;
        }
        _notes.Written ??= [];
        _notes.Written.Add(written.ToString());
        _tokens.Add(token with { WrittenAt = _notes.Written.Count });
    }

    /// <summary>Adds a token of the template.</summary>
    public void AddOfTemplate(int id, string text, int typeId) =>
        Add(new Token(id, 0, 0, typeId, Source: TokenSource.Template), text);

    /// <summary>Adds all of another list, as of type <paramref name="typeId"/>.</summary>
    public void Append(TokenList other, int typeId)
    {
        int before = _tokens.Count;
        _tokens.AddRange(CollectionsMarshal.AsSpan(other._tokens));
        foreach (ref Token token in Tokens[before..])
        {
            if (token.TypeId != typeId)
            {
                token = token with { TypeId = typeId };
            }
        }
    }

    /// <summary>Marks every token as of a text of a pair, which is also its type unless a template says
    /// otherwise.</summary>
    public void SetSequence(byte sequence)
    {
        foreach (ref Token token in Tokens)
        {
            token = token with { Sequence = sequence, TypeId = sequence };
        }
    }

    /// <summary>A part of the list.</summary>
    public TokenList Slice(int start, int end)
    {
        TokenList part = New();
        part._tokens.AddRange(Tokens[start..end]);
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
    public void Pad(int length, int id, string text, int typeId, bool atStart)
    {
        int missing = Math.Max(0, length - _tokens.Count);
        if (missing > 0)
        {
            var padding = new Token(id, 0, 0, typeId, Source: TokenSource.Padding);
            Add(padding, text);
            padding = _tokens[^1];
            _tokens.RemoveAt(_tokens.Count - 1);
            _tokens.InsertRange(atStart ? 0 : _tokens.Count, Enumerable.Repeat(padding, missing));
        }
    }

    /// <summary>How some tokens are written, once there are any.</summary>
    private sealed class Notes
    {
        public List<string>? Written;
    }
}
