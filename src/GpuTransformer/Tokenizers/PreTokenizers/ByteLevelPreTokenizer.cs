using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits by GPT-2's pattern (unless told not to), then writes each byte of UTF-8 as one letter, so that the
/// model's alphabet is 256 letters and no text is unknown.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private static readonly Rune Space = new(' ');

    /// <inheritdoc/>
    public void Split(PieceList pieces)
    {
        if (addPrefixSpace)
        {
            pieces.Split(Prefix);
        }
        if (useRegex)
        {
            pieces.SplitRanges(Gpt2Pattern.Split);
        }
        pieces.SpellOut();
    }

    private static void Prefix(NormalizedText text, List<Piece> parts)
    {
        if (text.Units[0] != ' ')
        {
            text = text.Slice(0, text.Length);
            Prepend(text);
        }
        parts.Add(new Piece(text));
    }

    // The space takes over where the first letter came from, and that letter counts as new.
    private static void Prepend(NormalizedText text)
    {
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        _ = Rune.DecodeFromUtf16(text.Units, out Rune first, out _);
        rewrite.Replace(Space);
        rewrite.Insert(first);
        rewrite.KeepUntil(text.Length);
        rewrite.Commit();
    }
}
