namespace GpuTransformer.Generation;

/// <summary>Forbids stop tokens while a sequence is shorter than it must be.</summary>
internal sealed class MinimumLength(GenerationSettings settings) : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        if (sequence.Ids.Length < settings.MinLength(sequence.PromptLength))
        {
            foreach (var stop in settings.Eos)
            {
                scores[stop] = float.NegativeInfinity;
            }
        }
    }
}
