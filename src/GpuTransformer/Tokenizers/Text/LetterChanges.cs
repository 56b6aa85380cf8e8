using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>A new version of a text, letter by letter, each with how it changes the count of letters: 0 stands in place
/// of the next old letter, 1 is new, -n stands in place of the next old letter and takes n more out after it. Hugging
/// Face's tokenizers keep their offsets by this, so that offsets equal theirs.</summary>
internal sealed class LetterChanges(int capacity)
{
    private readonly List<(Rune Letter, int Change)> _letters = new(capacity);

    /// <summary>Adds a letter.</summary>
    public void Add(Rune letter, int change) => _letters.Add((letter, change));

    /// <summary>Adds the letters that stand in place of <paramref name="oldCount"/> old ones: one for one as far as they
    /// go, then new ones, or then the rest taken out. What is taken out before any letter is not accounted for.</summary>
    public void Replace(ReadOnlySpan<char> letters, int oldCount)
    {
        int added = 0;
        foreach (Rune letter in letters.EnumerateRunes())
        {
            _letters.Add((letter, added < oldCount ? 0 : 1));
            added++;
        }
        if (added < oldCount && _letters.Count > 0)
        {
            (Rune last, int change) = _letters[^1];
            _letters[^1] = (last, change + added - oldCount);
        }
    }

    /// <summary>Makes the letters the text.</summary>
    public void Apply(NormalizedText text)
    {
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach ((Rune letter, int change) in _letters)
        {
            if (change > 0)
            {
                rewrite.Insert(letter);
                continue;
            }
            rewrite.Replace(letter);
            for (int removed = change; removed < 0; removed++)
            {
                rewrite.Remove();
            }
        }
        rewrite.Commit();
    }
}
