using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>BERT's cleaning: no control characters, all white space as a space, spaces around ideographs, accents off,
/// lower case. Equal to Hugging Face's BertNormalizer.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseChars, bool? stripAccents, bool lowercase)
    : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        if (cleanText)
        {
            Clean(text);
        }
        if (handleChineseChars)
        {
            SpaceOutIdeographs(text);
        }
        if (stripAccents ?? lowercase)
        {
            CanonicalDecomposition.Apply(text);
            RemoveMarks(text);
        }
        if (lowercase)
        {
            Lowercase.Apply(text);
        }
    }

    private static void Clean(NormalizedText text)
    {
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            if (letter.Value is 0 or 0xFFFD || BertCategories.IsControl(letter))
            {
                rewrite.Remove();
            }
            else
            {
                rewrite.Replace(Rune.IsWhiteSpace(letter) ? new Rune(' ') : letter);
            }
        }
        rewrite.Commit();
    }

    private static void SpaceOutIdeographs(NormalizedText text)
    {
        if (Ascii.IsValid(text.Units))
        {
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            if (BertCategories.IsIdeograph(letter))
            {
                rewrite.Replace(new Rune(' '));
                rewrite.Insert(letter);
                rewrite.Insert(new Rune(' '));
            }
            else
            {
                rewrite.Replace(letter);
            }
        }
        rewrite.Commit();
    }

    private static void RemoveMarks(NormalizedText text)
    {
        if (Ascii.IsValid(text.Units))
        {
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            if (BertCategories.IsNonspacingMark(letter))
            {
                rewrite.Remove();
            }
            else
            {
                rewrite.Replace(letter);
            }
        }
        rewrite.Commit();
    }
}
