namespace GpuTransformer.Generation;

/// <summary>Forbids the token that would complete a word which must not come. Stop tokens alone are no bad words, and a word
/// longer than the text so far is left, as in transformers.</summary>
internal sealed class BadWords(IReadOnlyList<int[]> words, IReadOnlyList<int> stops) : ILogitsRule
{
    private readonly int[][] _words = [.. words.Where(word => !(word.Length == 1 && stops.Contains(word[0])))];

    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        foreach (var word in _words)
        {
            if (word.Length == 1 || (word.Length <= sequence.Ids.Length && sequence.Ids.EndsWith(word.AsSpan(..^1))))
            {
                scores[word[^1]] = float.NegativeInfinity;
            }
        }
    }
}
