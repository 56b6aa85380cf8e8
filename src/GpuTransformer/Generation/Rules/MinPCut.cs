namespace GpuTransformer.Generation;

/// <summary>Keeps tokens at least a fraction as probable as the best (Nguyen et al. 2024, arXiv:2407.01082).</summary>
internal sealed class MinPCut(double fraction, int leastKept) : ILogitsRule
{
    private readonly TopKCut _least = new(leastKept, leastKept);
    private readonly float _distance = (float)Math.Log(fraction);
    private float[] _kept = [];

    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        _kept = _kept.Length == scores.Length ? _kept : new float[scores.Length];
        scores.CopyTo(_kept);
        _least.Apply(sequence, _kept);
        var threshold = scores[ArgMax.Of(scores)] + _distance;
        for (var id = 0; id < scores.Length; id++)
        {
            scores[id] = scores[id] < threshold ? _kept[id] : scores[id];
        }
    }
}
