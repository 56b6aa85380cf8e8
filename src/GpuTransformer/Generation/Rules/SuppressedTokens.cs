namespace GpuTransformer.Generation;

/// <summary>Forbids tokens: everywhere, or where the first token is made. A token that is forced to the first place moves
/// that place by one. Ids that the vocabulary does not have are left, as in transformers.</summary>
internal sealed class SuppressedTokens(IReadOnlyList<int> ids, bool onlyFirst, bool afterForcedFirst, int vocabSize) : ILogitsRule
{
    private readonly int[] _ids = [.. ids.Where(id => id >= 0 && id < vocabSize)];

    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        var place = sequence.PromptLength == 1 && afterForcedFirst ? 1 : 0;
        if (onlyFirst && sequence.Made != place)
        {
            return;
        }

        foreach (var id in _ids)
        {
            scores[id] = float.NegativeInfinity;
        }
    }
}
