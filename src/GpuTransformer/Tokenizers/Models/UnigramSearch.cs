using System.Buffers;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>Of all ways to cut a text into known pieces the one whose scores add up highest. The best way to each place is
/// kept, so that the cost is the text's length times the longest piece's, without recursion.</summary>
/// <remarks>Source: Kudo 2018. Ties as in Hugging Face's tokenizers and SentencePiece: shorter pieces are tried first, and
/// a later way must be better to win.</remarks>
internal sealed class UnigramSearch(PieceTrie trie, double[] scores, double unknownScore, int unknown)
{
    /// <summary>True when sums are kept in single precision, as SentencePiece does.</summary>
    public bool SinglePrecision { get; init; }

    /// <summary>Pieces whose sums are rounded only when they are kept; null: none.</summary>
    public bool[]? RoundedLate { get; init; }

    /// <summary>Adds the pieces of a text, each unknown letter as one; false, and none added, when a letter is unknown and
    /// there is no id for it.</summary>
    public bool TryCut(ReadOnlySpan<char> text, List<ModelToken> pieces)
    {
        Step[] steps = ArrayPool<Step>.Shared.Rent(text.Length + 1);
        bool found = Search(text, steps);
        if (found)
        {
            Follow(text, steps, pieces);
        }
        ArrayPool<Step>.Shared.Return(steps);
        return found;
    }

    private bool Search(ReadOnlySpan<char> text, Step[] steps)
    {
        steps.AsSpan(0, text.Length + 1).Fill(new Step(0, -1, -1));
        for (int start = 0; start < text.Length;)
        {
            double scoreHere = steps[start].Score;
            int letterLength = char.IsHighSurrogate(text[start]) && start + 1 < text.Length ? 2 : 1;
            bool letterKnown = false;
            int at = start;
            for (int node = trie.Root(text[at]); node > 0; node = at < text.Length ? trie.Child(node, text[at]) : 0)
            {
                at++;
                if (trie.ValueOf(node) is >= 0 and var id)
                {
                    Offer(ref steps[at], scoreHere + scores[id], start, id);
                    letterKnown |= at - start == letterLength;
                }
            }
            if (!letterKnown && Offer(ref steps[start + letterLength], scoreHere + unknownScore, start, unknown) && unknown < 0)
            {
                return false;
            }
            start += letterLength;
        }
        return true;
    }

    private bool Offer(ref Step step, double score, int start, int id)
    {
        if (SinglePrecision && (id < 0 || RoundedLate?[id] != true))
        {
            score = (float)score;
        }
        if (step.Start >= 0 && score <= step.Score)
        {
            return false;
        }
        step = new Step(SinglePrecision ? (float)score : score, start, id);
        return true;
    }

    // The way is known from its end; turned round in place, each step then says where its piece ends.
    private static void Follow(ReadOnlySpan<char> text, Step[] steps, List<ModelToken> pieces)
    {
        int end = text.Length;
        int id = -1;
        for (int at = end; at > 0;)
        {
            Step step = steps[at];
            steps[at] = new Step(0, end, id);
            (end, id, at) = (at, step.Id, step.Start);
        }
        steps[0] = new Step(0, end, id);
        for (int start = 0; start < text.Length; start = end)
        {
            end = steps[start].Start;
            pieces.Add(new ModelToken(steps[start].Id, start, end));
        }
    }

    /// <summary>The best way to a place: its score, where its last piece starts, and that piece.</summary>
    private readonly record struct Step(double Score, int Start, int Id);
}
