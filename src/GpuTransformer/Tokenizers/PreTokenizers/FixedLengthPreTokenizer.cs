using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits into pieces of a number of letters; the last may be shorter.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.SplitRanges(Split);

    private void Split(ReadOnlySpan<char> letters, PieceWriter ranges)
    {
        int start = 0;
        int count = 0;
        for (int i = 0; i < letters.Length; i += char.IsHighSurrogate(letters[i]) ? 2 : 1)
        {
            if (count == length)
            {
                ranges.Add(start, i);
                start = i;
                count = 0;
            }
            count++;
        }
        ranges.Add(start, letters.Length);
    }
}
