namespace GpuTransformer.Tokenizers.Models;

/// <summary>A token so far: its id, the units that it covers, how many bytes it stands for, and its neighbours.</summary>
internal record struct BpeSymbol(int Id, int Start, int End, int Bytes)
{
    /// <summary>The symbol before; -1: none.</summary>
    public int Previous;

    /// <summary>The symbol after; -1: none.</summary>
    public int Next;

    /// <summary>True once it is part of the symbol before it.</summary>
    public bool IsGone;
}

/// <summary>Merges the symbols of a piece: the pair whose merge ranks lowest, leftmost first, until none is left. Short
/// pieces are searched for it, long ones keep a heap, so that a run of a million letters takes n log n steps.</summary>
internal static class BpeSymbols
{
    private const int LongestSearched = 24;

    /// <summary>Merges in place; symbols that are gone stay, marked.</summary>
    public static void Merge(Span<BpeSymbol> symbols, BpeMerges merges)
    {
        for (int i = 0; i < symbols.Length; i++)
        {
            symbols[i].Previous = i - 1;
            symbols[i].Next = i + 1 < symbols.Length ? i + 1 : -1;
        }
        if (symbols.Length <= LongestSearched)
        {
            MergeBySearch(symbols, merges);
        }
        else
        {
            MergeByHeap(symbols, merges);
        }
    }

    private static void MergeBySearch(Span<BpeSymbol> symbols, BpeMerges merges)
    {
        // The rank and the result of each symbol's merge with the next one.
        Span<(int Rank, int Id)> pairs = stackalloc (int, int)[LongestSearched];
        for (int i = 0; i < symbols.Length; i++)
        {
            pairs[i] = PairAt(symbols, i, merges);
        }
        while (true)
        {
            int best = -1;
            int lowest = int.MaxValue;
            for (int i = symbols.Length > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
            {
                if (pairs[i].Rank < lowest)
                {
                    lowest = pairs[i].Rank;
                    best = i;
                }
            }
            if (best < 0)
            {
                return;
            }
            Join(symbols, best, pairs[best].Id);
            pairs[best] = PairAt(symbols, best, merges);
            if (symbols[best].Previous is >= 0 and var previous)
            {
                pairs[previous] = PairAt(symbols, previous, merges);
            }
        }
    }

    private static void MergeByHeap(Span<BpeSymbol> symbols, BpeMerges merges)
    {
        var queue = new BpeQueue(symbols.Length);
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Offer(ref queue, symbols, i, merges);
        }
        while (queue.TryTake(out int rankThen, out int at))
        {
            // An entry is out of date when one of its two symbols has been merged since.
            (int rank, int id) = symbols[at].IsGone ? (int.MaxValue, 0) : PairAt(symbols, at, merges);
            if (rank != rankThen)
            {
                continue;
            }
            Join(symbols, at, id);
            Offer(ref queue, symbols, at, merges);
            if (symbols[at].Previous >= 0)
            {
                Offer(ref queue, symbols, symbols[at].Previous, merges);
            }
        }
        queue.Return();
    }

    private static void Offer(ref BpeQueue queue, Span<BpeSymbol> symbols, int at, BpeMerges merges)
    {
        (int rank, _) = PairAt(symbols, at, merges);
        if (rank != int.MaxValue)
        {
            queue.Add(rank, at);
        }
    }

    private static (int Rank, int Id) PairAt(Span<BpeSymbol> symbols, int at, BpeMerges merges) =>
        symbols[at].Next is >= 0 and var next && merges.TryGet(symbols[at].Id, symbols[next].Id, out int rank, out int id)
            ? (rank, id)
            : (int.MaxValue, 0);

    private static void Join(Span<BpeSymbol> symbols, int at, int id)
    {
        ref BpeSymbol left = ref symbols[at];
        ref BpeSymbol right = ref symbols[left.Next];
        left.Id = id;
        left.End = right.End;
        left.Bytes += right.Bytes;
        left.Next = right.Next;
        right.IsGone = true;
        if (left.Next >= 0)
        {
            symbols[left.Next].Previous = at;
        }
    }
}
