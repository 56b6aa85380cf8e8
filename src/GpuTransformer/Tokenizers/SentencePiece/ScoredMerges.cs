using System.Runtime.InteropServices;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>SentencePiece's byte pair encoding: of all neighbours that make a piece together those with the highest score
/// merge first, leftmost first. User-defined pieces never merge. A heap finds the next pair, so that a run of a million
/// letters takes n log n steps; where no piece holds two neighbouring letters the text is cut before anything
/// merges.</summary>
internal sealed class ScoredMerges : IPieceCutter
{
    private readonly PieceInventory _pieces;
    private readonly NeighbourSet _neighbours;
    private readonly bool _hasUnused;

    /// <summary>Takes the pieces.</summary>
    public ScoredMerges(PieceInventory pieces)
    {
        _pieces = pieces;
        _neighbours = new NeighbourSet(pieces.InText.Keys);
        _hasUnused = pieces.InText.Values.Any(id => pieces.TypeOf(id) == PieceType.Unused);
    }

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<ModelToken> found)
    {
        var symbols = new List<Symbol>();
        var queue = new PriorityQueue<int, ulong>();
        // What an unused piece was merged from; the last merge of a text counts for all of it.
        Dictionary<string, int>? unused = _hasUnused ? [] : null;
        for (int at = 0; at < text.Length;)
        {
            int end = at + Letters.LengthAt(text[at..], _pieces.UserDefined, out bool isFrozen);
            bool joins = symbols.Count > 0
                && (_hasUnused || (!isFrozen && !symbols[^1].IsFrozen && _neighbours.MayHold(text[at - 1], text[at])));
            if (!joins)
            {
                Merge(text, symbols, queue, unused, found);
            }
            symbols.Add(new Symbol(at, end, symbols.Count - 1, symbols.Count + 1, isFrozen));
            at = end;
        }
        Merge(text, symbols, queue, unused, found);
    }

    private void Merge(
        ReadOnlySpan<char> text, List<Symbol> stretch, PriorityQueue<int, ulong> queue, Dictionary<string, int>? unused,
        List<ModelToken> found)
    {
        Span<Symbol> symbols = CollectionsMarshal.AsSpan(stretch);
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Offer(text, symbols, i, queue, unused);
        }
        while (queue.TryDequeue(out int left, out ulong order))
        {
            // An entry is out of date when one of its two symbols has been merged since.
            if (symbols[left].Merged < 0 || Order(symbols[left].Merged, left) != order)
            {
                continue;
            }
            int right = symbols[left].Next;
            symbols[left].End = symbols[right].End;
            symbols[left].Next = symbols[right].Next;
            symbols[right].Merged = -1;
            if (symbols[left].Next < symbols.Length)
            {
                symbols[symbols[left].Next].Previous = left;
            }
            if (symbols[left].Previous >= 0)
            {
                Offer(text, symbols, symbols[left].Previous, queue, unused);
            }
            Offer(text, symbols, left, queue, unused);
        }
        for (int i = 0; i < symbols.Length; i = symbols[i].Next)
        {
            Add(text, symbols[i].Start, symbols[i].End, unused, found);
        }
        stretch.Clear();
    }

    private void Offer(
        ReadOnlySpan<char> text, Span<Symbol> symbols, int left, PriorityQueue<int, ulong> queue, Dictionary<string, int>? unused)
    {
        ref Symbol symbol = ref symbols[left];
        symbol.Merged = -1;
        if (symbol.Next >= symbols.Length || symbol.IsFrozen || symbols[symbol.Next].IsFrozen
            || symbols[symbol.Next].End - symbol.Start > _pieces.LongestInText)
        {
            return;
        }
        ReadOnlySpan<char> merged = text[symbol.Start..symbols[symbol.Next].End];
        symbol.Merged = _pieces.Find(merged);
        if (symbol.Merged < 0)
        {
            return;
        }
        queue.Enqueue(left, Order(symbol.Merged, left));
        if (unused is not null && _pieces.TypeOf(symbol.Merged) == PieceType.Unused)
        {
            unused[merged.ToString()] = symbol.End - symbol.Start;
        }
    }

    // The highest score first, of equal ones the leftmost: the score's bits, turned so that they sort as numbers do.
    private ulong Order(int piece, int left)
    {
        float score = _pieces.ScoreOf(piece);
        uint bits = BitConverter.SingleToUInt32Bits(score == 0 ? 0 : score);
        uint ascending = (bits & 1u << 31) != 0 ? ~bits : bits | 1u << 31;
        return (ulong)~ascending << 32 | (uint)left;
    }

    // An unused piece is taken apart into what it was merged from, and those again.
    private void Add(ReadOnlySpan<char> text, int start, int end, Dictionary<string, int>? unused, List<ModelToken> found)
    {
        if (unused is null)
        {
            found.Add(new ModelToken(_pieces.IdOf(text[start..end]), start, end));
            return;
        }
        var waiting = new Stack<(int Start, int End)>();
        waiting.Push((start, end));
        while (waiting.TryPop(out (int Start, int End) part))
        {
            ReadOnlySpan<char> letters = text[part.Start..part.End];
            int id = _pieces.IdOf(letters);
            if (_pieces.TypeOf(id) == PieceType.Unused && unused.TryGetValue(letters.ToString(), out int leftLength))
            {
                waiting.Push((part.Start + leftLength, part.End));
                waiting.Push((part.Start, part.Start + leftLength));
                continue;
            }
            found.Add(new ModelToken(id, part.Start, part.End));
        }
    }

    /// <summary>A piece so far: where it stands, its neighbours, of which one past the end is none, and what it makes with
    /// the next one, or -1.</summary>
    private record struct Symbol(int Start, int End, int Previous, int Next, bool IsFrozen, int Merged = -1);
}
