namespace GpuTransformer.Generation;

/// <summary>Forbids a token that would complete a sequence of tokens which stands in the text (or in the source) already.</summary>
internal sealed class NgramBan(int size, bool ofSource) : ILogitsRule
{
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        var text = ofSource ? sequence.Source : sequence.Ids;
        if (sequence.Ids.Length < size - 1)
        {
            return;
        }

        var last = sequence.Ids[^(size - 1)..];
        for (var i = 0; i + size <= text.Length; i++)
        {
            if (text[(i + size - 1)] < scores.Length && text.Slice(i, size - 1).SequenceEqual(last))
            {
                scores[text[i + size - 1]] = float.NegativeInfinity;
            }
        }
    }
}
