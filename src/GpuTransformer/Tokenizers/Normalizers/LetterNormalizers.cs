using System.Globalization;
using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>Takes white space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        int start = left ? text.Length - text.Units.TrimStart().Length : 0;
        int end = right ? Math.Max(start, text.Units.TrimEnd().Length) : text.Length;
        if (start > 0 || end < text.Length)
        {
            NormalizedText.Rewrite rewrite = text.BeginRewrite();
            rewrite.RemoveUntil(start);
            rewrite.KeepUntil(end);
            rewrite.Commit();
        }
    }
}

/// <summary>Takes off all marks: accents that stand by themselves, as after a decomposition.</summary>
internal sealed class StripAccents : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        if (Ascii.IsValid(text.Units))
        {
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        int at = 0;
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(letter) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark)
            {
                rewrite.KeepUntil(at);
                rewrite.RemoveUntil(at + letter.Utf16SequenceLength);
            }
            at += letter.Utf16SequenceLength;
        }
        rewrite.KeepUntil(text.Length);
        rewrite.Commit();
    }
}

/// <summary>What machine translation at Google cleans: control characters go, signs that act as white space become
/// spaces.</summary>
internal sealed class NmtNormalizer : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            switch (letter.Value)
            {
                case (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F:
                    rewrite.Remove();
                    break;
                case 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581
                    or 0xFEFF or 0xFFFD:
                    rewrite.Replace(new Rune(' '));
                    break;
                default:
                    rewrite.Replace(letter);
                    break;
            }
        }
        rewrite.Commit();
    }
}

/// <summary>Puts a text before every text that is not empty; it comes from the first letter.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        if (text.Length == 0 || prefix.Length == 0)
        {
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        _ = Rune.DecodeFromUtf16(text.Units, out Rune first, out _);
        bool isFirst = true;
        foreach (Rune letter in prefix.EnumerateRunes())
        {
            if (isFirst)
            {
                rewrite.Replace(letter);
                isFirst = false;
            }
            else
            {
                rewrite.Insert(letter);
            }
        }
        rewrite.Insert(first);
        rewrite.KeepUntil(text.Length);
        rewrite.Commit();
    }
}

/// <summary>Writes each byte of UTF-8 as one letter.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        int room = Encoding.UTF8.GetByteCount(text.Units);
        var rewrite = new NormalizedText.Rewrite(text, room);
        ByteSpelling.Spell(text.Units, ref rewrite);
        rewrite.Commit();
    }
}
