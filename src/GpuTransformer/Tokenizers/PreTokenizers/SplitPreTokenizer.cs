using System.Text;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits at the matches of a pattern.</summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces)
    {
        var matches = new List<(int Start, int End)>();
        pieces.SplitRanges((letters, ranges) =>
        {
            matches.Clear();
            pattern.FindAll(letters, matches);
            behavior.Cut(matches, letters.Length, invert, ranges);
        });
    }
}

/// <summary>Splits at the letters of a set.</summary>
internal sealed class LetterPreTokenizer(LetterSet set, SplitBehavior behavior) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces)
    {
        var matches = new List<(int Start, int End)>();
        pieces.SplitRanges((letters, ranges) =>
        {
            matches.Clear();
            for (int i = 0; i < letters.Length;)
            {
                _ = Rune.DecodeFromUtf16(letters[i..], out Rune letter, out int length);
                if (set.Contains(letter.Value))
                {
                    matches.Add((i, i + length));
                }
                i += length;
            }
            behavior.Cut(matches, letters.Length, invert: false, ranges);
        });
    }
}
