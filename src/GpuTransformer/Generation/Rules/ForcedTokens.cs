namespace GpuTransformer.Generation;

/// <summary>The token that follows the first one.</summary>
internal sealed class ForcedFirst(int id) : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        if (sequence.Ids.Length == 1)
        {
            scores.Fill(float.NegativeInfinity);
            scores[id] = 0;
        }
    }
}

/// <summary>The tokens of which one is the last that a sequence may have.</summary>
internal sealed class ForcedLast(int[] ids) : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        if (sequence.Ids.Length == sequence.MaxLength - 1)
        {
            scores.Fill(float.NegativeInfinity);
            foreach (var id in ids)
            {
                scores[id] = 0;
            }
        }
    }
}
