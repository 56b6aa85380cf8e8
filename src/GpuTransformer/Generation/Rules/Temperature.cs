namespace GpuTransformer.Generation;

/// <summary>Divides the scores: below 1 the best tokens become likelier.</summary>
internal sealed class Temperature(double temperature) : ILogitsRule
{
    private readonly float _temperature = (float)temperature;

    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        foreach (ref var score in scores)
        {
            score /= _temperature;
        }
    }
}
