using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits at white space, which is dropped, and around each punctuation mark, which is kept.</summary>
internal sealed class BertPreTokenizer : IPreTokenizer
{
    private enum Kind : byte
    {
        Word,
        Space,
        Punctuation,
    }

    private static readonly Kind[] AsciiKinds = [.. Enumerable.Range(0, 128).Select(code => KindOf(new Rune(code)))];

    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.SplitRanges(Split);

    private static void Split(ReadOnlySpan<char> letters, PieceWriter ranges)
    {
        int start = 0;
        for (int i = 0; i < letters.Length;)
        {
            Kind kind;
            int length = 1;
            if (letters[i] < 128)
            {
                kind = AsciiKinds[letters[i]];
            }
            else
            {
                _ = Rune.DecodeFromUtf16(letters[i..], out Rune letter, out length);
                kind = KindOf(letter);
            }
            if (kind != Kind.Word)
            {
                ranges.Add(start, i);
                start = i + length;
                if (kind == Kind.Punctuation)
                {
                    ranges.Add(i, start);
                }
            }
            i += length;
        }
        ranges.Add(start, letters.Length);
    }

    private static Kind KindOf(Rune letter) =>
        Rune.IsWhiteSpace(letter) ? Kind.Space
        : BertCategories.IsPunctuation(letter) ? Kind.Punctuation
        : Kind.Word;
}
