using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>Lower case, letter by letter, without regard to language or neighbours.</summary>
internal sealed class Lowercase : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text) => Apply(text);

    /// <summary>Puts the text in lower case.</summary>
    public static void Apply(NormalizedText text)
    {
        if (Ascii.IsValid(text.Units))
        {
            var units = new char[text.Length];
            _ = Ascii.ToLower(text.Units, units, out _);
            text.SetUnits(units);
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            // The one letter whose lower case is two: I with a dot becomes i and a dot above.
            if (letter.Value == 0x130)
            {
                rewrite.Replace(new Rune('i'));
                rewrite.Insert(new Rune(0x307));
            }
            else
            {
                rewrite.Replace(Rune.ToLowerInvariant(letter));
            }
        }
        rewrite.Commit();
    }
}
