using System.Buffers;
using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>Unigram: of all ways to cut a piece into known tokens the one whose scores add up highest. The best way to
/// each place is kept, so that the cost is the text's length times the longest token's. Unknown letters next to each
/// other are one token, or their bytes.</summary>
/// <remarks>Source: Kudo 2018, with the ties of Hugging Face's tokenizers: shorter tokens are tried first, and a later way
/// must be better to win.</remarks>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;

    private readonly PieceTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly ByteTokens? _bytes;
    private readonly string _source;

    /// <summary>Takes tokens, a score for each id, and the id of what is unknown, if there is one.</summary>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int? unknown, bool byteFallback, string source)
    {
        Vocabulary = vocabulary;
        _trie = new PieceTrie(vocabulary.Ids);
        _scores = scores;
        _unknownScore = scores.DefaultIfEmpty().Min() - UnknownPenalty;
        _unknown = unknown ?? -1;
        _bytes = byteFallback ? new ByteTokens(vocabulary) : null;
        _source = source;
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public bool IsWrittenAsText(int id) => id == _unknown;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        Step[] steps = ArrayPool<Step>.Shared.Rent(piece.Length + 1);
        try
        {
            Search(piece, steps);
            Follow(piece, steps, tokens);
        }
        finally
        {
            ArrayPool<Step>.Shared.Return(steps);
        }
    }

    private void Search(ReadOnlySpan<char> piece, Step[] steps)
    {
        steps.AsSpan(0, piece.Length + 1).Fill(Step.None);
        steps[0] = new Step(0, -1, -1);
        for (int start = 0; start < piece.Length;)
        {
            double scoreHere = steps[start].Score;
            int letterLength = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length ? 2 : 1;
            bool letterKnown = false;
            int at = start;
            for (int node = _trie.Root(piece[at]); node > 0; node = at < piece.Length ? _trie.Child(node, piece[at]) : 0)
            {
                at++;
                if (_trie.ValueOf(node) is >= 0 and var id)
                {
                    Offer(ref steps[at], scoreHere + _scores[id], start, id);
                    letterKnown |= at - start == letterLength;
                }
            }
            if (!letterKnown && Offer(ref steps[start + letterLength], scoreHere + _unknownScore, start, _unknown)
                && _unknown < 0)
            {
                throw new InputException(
                    $"{_source}: unk_id: the text has a letter that is no token, and there is no unknown token");
            }
            start += letterLength;
        }
    }

    private static bool Offer(ref Step step, double score, int start, int id)
    {
        if (step.Start >= 0 && score <= step.Score)
        {
            return false;
        }
        step = new Step(score, start, id);
        return true;
    }

    // The way is known from its end; turned round in place, each step then says where the next one ends.
    private void Follow(ReadOnlySpan<char> piece, Step[] steps, List<ModelToken> tokens)
    {
        int end = piece.Length;
        int id = -1;
        for (int at = end; at > 0;)
        {
            Step step = steps[at];
            steps[at] = new Step(0, end, id);
            (end, id, at) = (at, step.Id, step.Start);
        }
        steps[0] = new Step(0, end, id);
        for (int start = 0; start < piece.Length;)
        {
            (end, id) = (steps[start].Start, steps[start].Id);
            if (id == _unknown)
            {
                for (; end < piece.Length && steps[end].Id == _unknown; end = steps[end].Start)
                {
                }
                AddUnknown(piece[start..end], start, end, tokens);
            }
            else
            {
                tokens.Add(new ModelToken(id, start, end));
            }
            start = end;
        }
    }

    private void AddUnknown(ReadOnlySpan<char> letters, int start, int end, List<ModelToken> tokens)
    {
        if (Vocabulary.TryId(letters, out int id))
        {
            tokens.Add(new ModelToken(id, start, end));
            return;
        }
        if (_bytes is not null)
        {
            byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(letters.Length));
            int count = Encoding.UTF8.GetBytes(letters, bytes);
            bool added = _bytes.TryAdd(bytes.AsSpan(0, count), start, end, tokens);
            ArrayPool<byte>.Shared.Return(bytes);
            if (added)
            {
                return;
            }
        }
        tokens.Add(new ModelToken(_unknown, start, end));
    }

    /// <summary>The best way to a place: its score, where its last token starts, and that token.</summary>
    private readonly record struct Step(double Score, int Start, int Id)
    {
        public static Step None => new(0, -1, -1);
    }
}
