namespace GpuTransformer.Generation;

/// <summary>Keeps the k best tokens, and those that equal the last of them.</summary>
internal sealed class TopKCut(int k, int leastKept) : ILogitsRule
{
    private readonly int _k = Math.Max(k, leastKept);
    private float[] _best = [];

    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        var kept = Math.Min(_k, scores.Length);
        _best = _best.Length == kept ? _best : new float[kept];
        var threshold = KthBest(scores, _best);
        foreach (ref var score in scores)
        {
            score = score < threshold ? float.NegativeInfinity : score;
        }
    }

    // A heap whose root is the smallest of the best so far.
    private static float KthBest(ReadOnlySpan<float> scores, Span<float> heap)
    {
        heap.Fill(float.NegativeInfinity);
        foreach (var score in scores)
        {
            if (!(score > heap[0]))
            {
                continue;
            }

            var at = 0;
            while (2 * at + 1 < heap.Length)
            {
                var child = 2 * at + 1;
                child += child + 1 < heap.Length && heap[child + 1] < heap[child] ? 1 : 0;
                if (heap[child] >= score)
                {
                    break;
                }

                heap[at] = heap[child];
                at = child;
            }

            heap[at] = score;
        }

        return heap[0];
    }
}
