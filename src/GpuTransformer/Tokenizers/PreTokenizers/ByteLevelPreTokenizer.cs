using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits by GPT-2's pattern (unless told not to), then writes each byte of UTF-8 as one letter, so that the
/// model's alphabet is 256 letters and no text is unknown.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces)
    {
        pieces.Split(Split);
        pieces.ForEach(SpellOut);
    }

    private void Split(NormalizedText text, List<Piece> parts)
    {
        if (addPrefixSpace && text.Length > 0 && text.Units[0] != ' ')
        {
            Prepend(text);
        }
        if (!useRegex)
        {
            parts.Add(new Piece(text));
            return;
        }
        for (int start = 0; start < text.Length;)
        {
            int end = start + Gpt2Pattern.MatchLength(text.Units[start..]);
            parts.Add(new Piece(text.Slice(start, end)));
            start = end;
        }
    }

    // The space takes over where the first letter came from, and that letter counts as new.
    private static void Prepend(NormalizedText text)
    {
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        bool first = true;
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            if (first)
            {
                rewrite.Replace(new Rune(' '));
                rewrite.Insert(letter);
                first = false;
            }
            else
            {
                rewrite.Replace(letter);
            }
        }
        rewrite.Commit();
    }

    private static void SpellOut(NormalizedText text)
    {
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            int length = letter.EncodeToUtf8(bytes);
            rewrite.Replace(ByteAlphabet.LetterOf(bytes[0]));
            for (int i = 1; i < length; i++)
            {
                rewrite.Insert(ByteAlphabet.LetterOf(bytes[i]));
            }
        }
        rewrite.Commit();
    }
}
