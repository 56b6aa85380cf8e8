namespace GpuTransformer.Generation;

/// <summary>Makes tokens that are there already less likely (Keskar et al. 2019, arXiv:1909.05858): a score below zero is
/// multiplied by the penalty, another one divided; once a token, however often it is there.</summary>
internal sealed class RepetitionPenalty(double penalty, bool ofSource, int vocabSize) : ILogitsRule
{
    private readonly float _penalty = (float)penalty;
    private readonly bool[] _seen = new bool[vocabSize];

    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        var ids = ofSource ? sequence.Source : sequence.Ids;
        foreach (var id in ids)
        {
            // A source may have a vocabulary of its own, larger than the target's.
            if (id < scores.Length && !_seen[id])
            {
                _seen[id] = true;
                scores[id] = scores[id] < 0 ? scores[id] * _penalty : scores[id] / _penalty;
            }
        }

        foreach (var id in ids)
        {
            if (id < scores.Length)
            {
                _seen[id] = false;
            }
        }
    }
}
