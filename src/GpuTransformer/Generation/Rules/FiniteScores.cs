namespace GpuTransformer.Generation;

/// <summary>Takes a NaN for zero and infinities for the largest numbers.</summary>
internal sealed class FiniteScores : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        foreach (ref var score in scores)
        {
            score = float.IsNaN(score) ? 0 : Math.Clamp(score, float.MinValue, float.MaxValue);
        }
    }
}
