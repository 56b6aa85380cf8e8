using System.Globalization;
using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>A precompiled character map as Hugging Face's tokenizers apply it: to a whole grapheme where that has fewer
/// than six bytes, else letter by letter, and by the shortest key that it begins with.</summary>
internal sealed class PrecompiledNormalizer(CharsMap map) : INormalizer
{
    private const int ShortGrapheme = 6;
    private const int LongestShortGrapheme = 5;

    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        ReadOnlySpan<char> units = text.Units;
        LetterChanges? changes = null;
        int same = 0;
        for (int at = 0; at < units.Length;)
        {
            int length = GraphemeLength(units[at..]);
            ReadOnlySpan<char> grapheme = units.Slice(at, length);
            at += length;
            if (grapheme.Length <= LongestShortGrapheme && Encoding.UTF8.GetByteCount(grapheme) < ShortGrapheme
                && map.TryShortest(grapheme, out _, out ReadOnlySpan<byte> replacement))
            {
                changes = Catch(changes, units[same..(at - length)], units.Length);
                Replace(changes, grapheme, replacement);
                same = at;
                continue;
            }
            foreach (Rune letter in grapheme.EnumerateRunes())
            {
                ReadOnlySpan<char> part = grapheme[..letter.Utf16SequenceLength];
                grapheme = grapheme[letter.Utf16SequenceLength..];
                if (map.TryShortest(part, out _, out replacement))
                {
                    changes = Catch(changes, units[same..(at - grapheme.Length - part.Length)], units.Length);
                    Replace(changes, part, replacement);
                    same = at - grapheme.Length;
                }
            }
        }
        if (changes is not null)
        {
            Catch(changes, units[same..], units.Length).Apply(text);
        }
    }

    // Letters that stay as they are, up to the one that changes now.
    private static LetterChanges Catch(LetterChanges? changes, ReadOnlySpan<char> same, int capacity)
    {
        changes ??= new LetterChanges(capacity);
        foreach (Rune letter in same.EnumerateRunes())
        {
            changes.Add(letter, 0);
        }
        return changes;
    }

    private static void Replace(LetterChanges changes, ReadOnlySpan<char> old, ReadOnlySpan<byte> replacement)
    {
        int oldCount = 0;
        foreach (Rune _ in old.EnumerateRunes())
        {
            oldCount++;
        }
        changes.Replace(Encoding.UTF8.GetString(replacement), oldCount);
    }

    // Between two letters of ASCII a grapheme always ends, except between a carriage return and a line feed.
    private static int GraphemeLength(ReadOnlySpan<char> text) =>
        text[0] < 0x80 && text[0] != '\r' && (text.Length == 1 || text[1] < 0x80)
            ? 1
            : StringInfo.GetNextTextElementLength(text);
}
