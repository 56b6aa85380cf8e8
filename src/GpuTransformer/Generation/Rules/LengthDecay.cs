namespace GpuTransformer.Generation;

/// <summary>Makes stop tokens more likely with each token after the first <c>start</c>: their score grows by its size
/// times (factor^tokens - 1).</summary>
internal sealed class LengthDecay(int start, double factor, int[] stops) : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        var beyond = sequence.Made - start;
        if (beyond <= 0)
        {
            return;
        }

        var growth = (float)(Math.Pow(factor, beyond) - 1);
        foreach (var stop in stops)
        {
            // A token that another rule forbids stays forbidden.
            scores[stop] += float.IsInfinity(scores[stop]) ? 0 : Math.Abs(scores[stop]) * growth;
        }
    }
}
