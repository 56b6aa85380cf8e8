using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Sets numbers apart from the rest: each digit alone, or each run of digits.</summary>
internal sealed class DigitsPreTokenizer(bool individualDigits) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.SplitRanges(Split);

    private void Split(ReadOnlySpan<char> letters, PieceWriter ranges)
    {
        int start = 0;
        bool wasDigit = false;
        for (int i = 0; i < letters.Length;)
        {
            _ = Rune.DecodeFromUtf16(letters[i..], out Rune letter, out int length);
            bool isDigit = Rune.IsNumber(letter);
            if (isDigit != wasDigit || (isDigit && individualDigits))
            {
                ranges.Add(start, i);
                start = i;
            }
            wasDigit = isDigit;
            i += length;
        }
        ranges.Add(start, letters.Length);
    }
}
