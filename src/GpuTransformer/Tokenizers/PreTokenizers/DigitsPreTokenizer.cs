using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Sets numbers apart from the rest: each digit alone, or each run of digits.</summary>
internal sealed class DigitsPreTokenizer(bool individualDigits) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.Split(Split);

    private void Split(NormalizedText text, List<Piece> parts)
    {
        ReadOnlySpan<char> units = text.Units;
        int start = 0;
        bool wasDigit = false;
        for (int i = 0; i < units.Length;)
        {
            _ = Rune.DecodeFromUtf16(units[i..], out Rune letter, out int length);
            bool isDigit = Rune.IsNumber(letter);
            if (isDigit != wasDigit || (isDigit && individualDigits))
            {
                parts.Add(new Piece(text.Slice(start, i)));
                start = i;
            }
            wasDigit = isDigit;
            i += length;
        }
        parts.Add(new Piece(text.Slice(start, units.Length)));
    }
}
