using System.Globalization;
using System.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>GPT-2's pattern as a matcher of its own: one forward pass, no backtracking, right for letters outside the
/// Basic Multilingual Plane, which a .NET regular expression sees as two.</summary>
/// <remarks>The pattern: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</remarks>
internal static class Gpt2Pattern
{
    private enum Kind
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <summary>How long the match is at the start of <paramref name="text"/>, which is not empty: at least one
    /// letter.</summary>
    public static int MatchLength(ReadOnlySpan<char> text)
    {
        int contraction = Contraction(text);
        if (contraction > 0)
        {
            return contraction;
        }
        Kind kind = KindAt(text, 0, out int length);
        if (text[0] == ' ' && text.Length > 1 && KindAt(text, 1, out int next) is not Kind.Space and var afterSpace)
        {
            return RunLength(text, 1 + next, afterSpace);
        }
        return kind == Kind.Space ? SpaceLength(text) : RunLength(text, length, kind);
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text[0] != '\'' || text.Length < 2)
        {
            return 0;
        }
        return text[1] switch
        {
            's' or 't' or 'm' or 'd' => 2,
            'r' or 'v' => text.Length > 2 && text[2] == 'e' ? 3 : 0,
            'l' => text.Length > 2 && text[2] == 'l' ? 3 : 0,
            _ => 0,
        };
    }

    // White space gives its last letter to the word that follows; a single one stands alone.
    private static int SpaceLength(ReadOnlySpan<char> text)
    {
        int end = RunLength(text, 1, Kind.Space);
        return end == text.Length || end == 1 ? end : end - 1;
    }

    private static int RunLength(ReadOnlySpan<char> text, int end, Kind kind)
    {
        while (end < text.Length && KindAt(text, end, out int length) == kind)
        {
            end += length;
        }
        return end;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int at, out int length)
    {
        _ = Rune.DecodeFromUtf16(text[at..], out Rune letter, out length);
        if (Rune.IsWhiteSpace(letter))
        {
            return Kind.Space;
        }
        return Rune.GetUnicodeCategory(letter) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
