using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>Byte pair encoding: letters first, then the pair whose merge ranks lowest, leftmost first, until no pair is
/// left to merge. A heap finds the next pair, so that a run of a million letters takes n log n steps.</summary>
/// <remarks>Source: Sennrich et al. 2016, with the merge order of Hugging Face's tokenizers.</remarks>
internal sealed class BpeModel : ITokenModel
{
    // Tuples hash with a seed of the process: no file can choose ids that all fall into one place.
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;
    private readonly int? _unknown;
    private readonly bool _ignoreMerges;

    /// <summary>Checks that each merge joins two tokens into a third, all in the vocabulary.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">Pairs in the order of their rank.</param>
    /// <param name="unknownToken">What a letter that is no token becomes; null drops it.</param>
    /// <param name="ignoreMerges">True when a piece that is a token is taken whole.</param>
    /// <param name="source">What errors begin with.</param>
    public BpeModel(
        Vocabulary vocabulary, IReadOnlyCollection<(string Left, string Right)> merges, string? unknownToken, bool ignoreMerges,
        string source)
    {
        Vocabulary = vocabulary;
        _ignoreMerges = ignoreMerges;
        if (unknownToken is not null)
        {
            _unknown = vocabulary.IdOf(unknownToken) ?? throw new InputException(
                $"{source}: unk_token: {Quoted.Of(unknownToken)} is not in the vocabulary");
        }
        _merges = new Dictionary<(int, int), (int, int)>(merges.Count);
        int rank = 0;
        foreach ((string left, string right) in merges)
        {
            int Known(string token) => vocabulary.IdOf(token) ?? throw new InputException(
                $"{source}: merges[{rank}]: {Quoted.Of(token)} is not in the vocabulary");
            _merges[(Known(left), Known(right))] = (rank, Known(left + right));
            rank++;
        }
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        if (_ignoreMerges && Vocabulary.TryId(piece, out int whole))
        {
            tokens.Add(new ModelToken(whole, 0, piece.Length));
            return;
        }
        Symbol[] symbols = Letters(piece);
        Merge(symbols);
        for (int i = 0; i < symbols.Length; i++)
        {
            if (symbols[i].Length > 0)
            {
                tokens.Add(new ModelToken(symbols[i].Id, symbols[i].Start, symbols[i].Start + symbols[i].Length));
            }
        }
    }

    private Symbol[] Letters(ReadOnlySpan<char> piece)
    {
        var symbols = new Symbol[piece.Length];
        int count = 0;
        for (int i = 0; i < piece.Length;)
        {
            int length = char.IsHighSurrogate(piece[i]) && i + 1 < piece.Length ? 2 : 1;
            int? id = Vocabulary.TryId(piece.Slice(i, length), out int known) ? known : _unknown;
            if (id is { } letter)
            {
                symbols[count] = new Symbol(letter, i, length, count - 1, count + 1);
                count++;
            }
            i += length;
        }
        return count == symbols.Length ? symbols : symbols[..count];
    }

    private void Merge(Symbol[] symbols)
    {
        var queue = new PriorityQueue<int, long>(symbols.Length);
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Offer(queue, symbols, i);
        }
        while (queue.TryDequeue(out int at, out long order))
        {
            int next = symbols[at].Next;
            // An entry is out of date when one of its two letters has been merged since.
            if (symbols[at].Length == 0 || next >= symbols.Length
                || !_merges.TryGetValue((symbols[at].Id, symbols[next].Id), out (int Rank, int Id) merge)
                || merge.Rank != order >> 32)
            {
                continue;
            }
            symbols[at] = symbols[at] with
            {
                Id = merge.Id,
                Length = symbols[next].Start + symbols[next].Length - symbols[at].Start,
                Next = symbols[next].Next,
            };
            symbols[next].Length = 0;
            if (symbols[at].Next < symbols.Length)
            {
                symbols[symbols[at].Next].Previous = at;
                Offer(queue, symbols, at);
            }
            if (symbols[at].Previous >= 0)
            {
                Offer(queue, symbols, symbols[at].Previous);
            }
        }
    }

    private void Offer(PriorityQueue<int, long> queue, Symbol[] symbols, int at)
    {
        if (_merges.TryGetValue((symbols[at].Id, symbols[symbols[at].Next].Id), out (int Rank, int Id) merge))
        {
            // Lowest rank first, and of one rank the leftmost.
            queue.Enqueue(at, ((long)merge.Rank << 32) | (uint)at);
        }
    }

    /// <summary>A token so far: its id, its letters, and its neighbours, of which one past the end is none.</summary>
    private record struct Symbol(int Id, int Start, int Length, int Previous, int Next);
}
