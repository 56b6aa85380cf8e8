using System.Text;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>Replaces every match of a pattern by a text, all of which comes from the match's last letter.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(text.Units, matches);
        if (matches.Count == 0 || ReplaceLetters(text, matches))
        {
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach ((int start, int end) in matches)
        {
            rewrite.KeepUntil(start);
            rewrite.RemoveUntil(end);
            foreach (Rune letter in content.EnumerateRunes())
            {
                rewrite.Insert(letter);
            }
        }
        rewrite.KeepUntil(text.Length);
        rewrite.Commit();
    }

    // A letter for a letter: where letters came from stays.
    private bool ReplaceLetters(NormalizedText text, List<(int Start, int End)> matches)
    {
        if (content.Length != 1 || !matches.TrueForAll(match => match.End - match.Start == 1))
        {
            return false;
        }
        char[] units = text.Units.ToArray();
        foreach ((int start, _) in matches)
        {
            units[start] = content[0];
        }
        text.SetUnits(units);
        return true;
    }
}
