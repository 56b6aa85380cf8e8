using System.Buffers;
using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>BERT's cleaning: no control characters, all white space as a space, spaces around ideographs, accents off,
/// lower case. Equal to Hugging Face's BertNormalizer.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseChars, bool? stripAccents, bool lowercase)
    : INormalizer
{
    private static readonly SearchValues<char> AsciiControls = SearchValues.Create(
        [.. Enumerable.Range(0, 128).Select(code => (char)code).Where(code => code == 0 || BertCategories.IsControl(new Rune(code)))]);

    private static readonly SearchValues<char> AsciiSpaces = SearchValues.Create("\t\n\v\f\r");

    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        if (Ascii.IsValid(text.Units) && NormalizeAscii(text))
        {
            return;
        }
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

    // No letter comes or goes, unless there are control characters.
    private bool NormalizeAscii(NormalizedText text)
    {
        ReadOnlySpan<char> letters = text.Units;
        if (cleanText && letters.IndexOfAny(AsciiControls) >= 0)
        {
            return false;
        }
        var units = new char[letters.Length];
        if (lowercase)
        {
            _ = Ascii.ToLower(letters, units, out _);
        }
        else
        {
            letters.CopyTo(units);
        }
        if (cleanText)
        {
            units.AsSpan().ReplaceAny(AsciiSpaces, ' ');
        }
        text.SetUnits(units);
        return true;
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
