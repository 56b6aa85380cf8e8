namespace GpuTransformer.Generation;

/// <summary>Turns what the other rules have left into log-probabilities.</summary>
internal sealed class Renormalization : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores) => LogSoftmax.Apply(scores);
}
