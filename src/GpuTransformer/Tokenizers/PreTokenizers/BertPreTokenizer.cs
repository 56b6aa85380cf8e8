using System.Buffers;
using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits at white space, which is dropped, and around each punctuation mark, which is kept.</summary>
internal sealed class BertPreTokenizer : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.Split(Split);

    private static void Split(NormalizedText text, List<Piece> parts)
    {
        ReadOnlySpan<char> units = text.Units;
        int start = 0;
        for (int i = 0; i < units.Length;)
        {
            _ = Rune.DecodeFromUtf16(units[i..], out Rune letter, out int length);
            bool isSpace = Rune.IsWhiteSpace(letter);
            if (isSpace || BertCategories.IsPunctuation(letter))
            {
                parts.Add(new Piece(text.Slice(start, i)));
                start = isSpace ? i + length : i;
                if (!isSpace)
                {
                    parts.Add(new Piece(text.Slice(i, i + length)));
                    start = i + length;
                }
            }
            i += length;
        }
        parts.Add(new Piece(text.Slice(start, units.Length)));
    }
}
