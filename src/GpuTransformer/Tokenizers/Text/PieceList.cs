namespace GpuTransformer.Tokenizers.Text;

/// <summary>A piece of text on its way to the model: a range of a text. One that an added token matched is a token
/// already.</summary>
internal readonly record struct Piece(NormalizedText Text, int Start, int End, int? TokenId = null)
{
    /// <summary>The whole of a text.</summary>
    public Piece(NormalizedText text, int? tokenId = null) : this(text, 0, text.Length, tokenId)
    {
    }

    /// <summary>The letters of the piece.</summary>
    public ReadOnlySpan<char> Letters => Text.Units[Start..End];

    /// <summary>Which range of the original text it came from.</summary>
    public (int Start, int End) OriginalRange => Text.OriginalRange(Start, End);
}

/// <summary>Takes the ranges that a piece is cut into.</summary>
internal sealed class PieceWriter
{
    private List<Piece> _pieces = [];
    private Piece _piece;

    /// <summary>Adds a range of the piece that is being cut; an empty one is dropped.</summary>
    public void Add(int start, int end)
    {
        if (start < end)
        {
            _pieces.Add(new Piece(_piece.Text, _piece.Start + start, _piece.Start + end));
        }
    }

    internal void Begin(List<Piece> pieces) => _pieces = pieces;

    internal void Cut(in Piece piece, RangeSplit split)
    {
        _piece = piece;
        split(piece.Letters, this);
    }
}

/// <summary>Cuts letters into ranges, in order.</summary>
internal delegate void RangeSplit(ReadOnlySpan<char> letters, PieceWriter ranges);

/// <summary>The pieces of a text, in order.</summary>
internal sealed class PieceList
{
    private const int MostKept = 4096;

    [ThreadStatic]
    private static PieceList? s_returned;

    private List<Piece> _pieces = [];
    private List<Piece> _spare = [];

    /// <summary>Begins with one piece.</summary>
    public PieceList(NormalizedText text) => _pieces.Add(new Piece(text));

    /// <summary>Begins with one piece, in lists that this thread has given back.</summary>
    public static PieceList Rent(NormalizedText text)
    {
        if (s_returned is not { } list)
        {
            return new PieceList(text);
        }
        s_returned = null;
        list._pieces.Add(new Piece(text));
        return list;
    }

    /// <summary>Gives the lists back, unless they are large.</summary>
    public void Return()
    {
        if (_pieces.Capacity <= MostKept && _spare.Capacity <= MostKept)
        {
            _pieces.Clear();
            _spare.Clear();
            s_returned = this;
        }
    }

    /// <summary>The pieces.</summary>
    public List<Piece> Pieces => _pieces;

    /// <summary>Replaces each piece that is not yet a token by ranges of it.</summary>
    public void SplitRanges(RangeSplit split)
    {
        List<Piece> next = Next();
        var writer = new PieceWriter();
        writer.Begin(next);
        foreach (Piece piece in _pieces)
        {
            if (piece.TokenId is not null)
            {
                next.Add(piece);
            }
            else
            {
                writer.Cut(piece, split);
            }
        }
        Take(next);
    }

    /// <summary>Replaces each piece that is not yet a token by what <paramref name="split"/> adds for it; empty pieces
    /// are dropped.</summary>
    public void Split(Action<NormalizedText, List<Piece>> split)
    {
        List<Piece> next = Next();
        var parts = new List<Piece>();
        foreach (Piece piece in _pieces)
        {
            if (piece.TokenId is not null)
            {
                next.Add(piece);
                continue;
            }
            parts.Clear();
            split(piece.Text.Slice(piece.Start, piece.End), parts);
            foreach (Piece part in parts)
            {
                if (part.Start < part.End)
                {
                    next.Add(part);
                }
            }
        }
        Take(next);
    }

    /// <summary>Runs <paramref name="change"/> on each piece that is not yet a token.</summary>
    public void ForEach(Action<NormalizedText> change)
    {
        for (int i = 0; i < _pieces.Count; i++)
        {
            Piece piece = _pieces[i];
            if (piece.TokenId is null)
            {
                // A text of its own: what is cut from the same text must not change with it.
                NormalizedText text = piece.Text.Slice(piece.Start, piece.End);
                change(text);
                _pieces[i] = new Piece(text);
            }
        }
    }

    private List<Piece> Next()
    {
        _spare.Clear();
        return _spare;
    }

    private void Take(List<Piece> next)
    {
        _spare = _pieces;
        _pieces = next;
    }
}
