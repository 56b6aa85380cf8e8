using System.Text;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits into runs of word letters and runs of other signs; white space is dropped.</summary>
/// <remarks>The matches of \w+|[^\w\s]+, where the joiners count as word letters.</remarks>
internal sealed class WhitespacePreTokenizer : IPreTokenizer
{
    private enum Kind
    {
        Space,
        Word,
        Sign,
    }

    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.SplitRanges(Split);

    private static void Split(ReadOnlySpan<char> letters, PieceWriter ranges)
    {
        int start = 0;
        Kind kind = Kind.Space;
        for (int i = 0; i < letters.Length;)
        {
            _ = Rune.DecodeFromUtf16(letters[i..], out Rune letter, out int length);
            Kind next = KindOf(letter.Value);
            if (next != kind)
            {
                ranges.Add(kind == Kind.Space ? i : start, i);
                start = i;
                kind = next;
            }
            i += length;
        }
        ranges.Add(kind == Kind.Space ? letters.Length : start, letters.Length);
    }

    private static Kind KindOf(int letter) =>
        LetterSet.Word.Contains(letter) || letter is 0x200C or 0x200D ? Kind.Word
        : LetterSet.Space.Contains(letter) ? Kind.Space
        : Kind.Sign;
}
