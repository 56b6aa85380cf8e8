namespace GpuTransformer.Generation;

/// <summary>Forbids stop tokens while a sequence is shorter than it must be.</summary>
internal sealed class MinimumLength(GenerationSettings settings, int[] stops) : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        if (sequence.Ids.Length < settings.MinLength(sequence.PromptLength))
        {
            foreach (var stop in stops)
            {
                scores[stop] = float.NegativeInfinity;
            }
        }
    }
}
