namespace GpuTransformer.Generation;

/// <summary>Keeps the fewest best tokens whose probabilities reach p (nucleus sampling, Holtzman et al. 2019,
/// arXiv:1904.09751): from the least likely upward a token goes while the sum does not pass 1 - p.</summary>
internal sealed class TopPCut(double p, int leastKept) : ILogitsRule
{
    private float[] _sorted = [];
    private int[] _ids = [];

    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        if (_ids.Length != scores.Length)
        {
            (_sorted, _ids) = (new float[scores.Length], new int[scores.Length]);
        }

        // What an earlier cut has taken away has no probability and needs no place.
        var count = 0;
        for (var id = 0; id < scores.Length; id++)
        {
            if (!float.IsNegativeInfinity(scores[id]))
            {
                (_sorted[count], _ids[count]) = (scores[id], id);
                count++;
            }
        }

        Array.Sort(_sorted, _ids, 0, count);
        Cut(count, scores);
    }

    private void Cut(int count, Span<float> scores)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += Math.Exp((double)_sorted[i] - _sorted[count - 1]);
        }

        var below = 0.0;
        for (var i = 0; i < count - leastKept; i++)
        {
            below += Math.Exp((double)_sorted[i] - _sorted[count - 1]) / sum;
            if (below > 1 - p)
            {
                return;
            }

            scores[_ids[i]] = float.NegativeInfinity;
        }
    }
}
