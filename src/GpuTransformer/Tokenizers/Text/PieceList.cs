namespace GpuTransformer.Tokenizers.Text;

/// <summary>A piece of text on its way to the model; one that an added token matched is a token already.</summary>
internal readonly record struct Piece(NormalizedText Text, int? TokenId = null);

/// <summary>The pieces of a text, in order.</summary>
internal sealed class PieceList
{
    private List<Piece> _pieces = [];

    /// <summary>Begins with one piece.</summary>
    public PieceList(NormalizedText text) => _pieces.Add(new Piece(text));

    /// <summary>The pieces.</summary>
    public IReadOnlyList<Piece> Pieces => _pieces;

    /// <summary>Replaces each piece that is not yet a token by what <paramref name="split"/> adds for it; empty pieces
    /// are dropped.</summary>
    public void Split(Action<NormalizedText, List<Piece>> split)
    {
        var next = new List<Piece>(_pieces.Count);
        var parts = new List<Piece>();
        foreach (Piece piece in _pieces)
        {
            if (piece.TokenId is not null)
            {
                next.Add(piece);
                continue;
            }
            parts.Clear();
            split(piece.Text, parts);
            foreach (Piece part in parts)
            {
                if (part.Text.Length > 0)
                {
                    next.Add(part);
                }
            }
        }
        _pieces = next;
    }

    /// <summary>Runs <paramref name="change"/> on each piece that is not yet a token.</summary>
    public void ForEach(Action<NormalizedText> change)
    {
        foreach (Piece piece in _pieces)
        {
            if (piece.TokenId is null)
            {
                change(piece.Text);
            }
        }
    }
}
