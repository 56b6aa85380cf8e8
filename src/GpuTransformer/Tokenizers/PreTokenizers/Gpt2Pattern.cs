using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>GPT-2's pattern as a matcher of its own: one forward pass, no backtracking, right for letters outside the
/// Basic Multilingual Plane, which a .NET regular expression sees as two.</summary>
/// <remarks>The pattern: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</remarks>
internal static class Gpt2Pattern
{
    /// <summary>The pattern.</summary>
    public const string Text = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Cuts a text into the matches, which cover it.</summary>
    public static void Split(ReadOnlySpan<char> text, PieceWriter ranges)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = start + MatchLength(text[start..]);
            ranges.Add(start, end);
            start = end;
        }
    }

    /// <summary>How long the match is at the start of <paramref name="text"/>, which is not empty: at least one
    /// letter.</summary>
    public static int MatchLength(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text) is > 0 and var contraction)
        {
            return contraction;
        }
        LetterKind kind = LetterKinds.At(text, 0, out int length);
        if (text[0] == ' ' && text.Length > 1 && LetterKinds.At(text, 1, out int next) is not LetterKind.Space and var after)
        {
            return LetterKinds.EndOfRun(text, 1 + next, after);
        }
        return kind == LetterKind.Space ? SpaceLength(text) : LetterKinds.EndOfRun(text, length, kind);
    }

    /// <summary>White space gives its last letter to the word that follows; a single one stands alone.</summary>
    public static int SpaceLength(ReadOnlySpan<char> text)
    {
        int end = LetterKinds.EndOfRun(text, 1, LetterKind.Space);
        return end == text.Length || end == 1 ? end : end - 1;
    }

    private static int Contraction(ReadOnlySpan<char> text) => text.Length < 2 ? 0 : text[1] switch
    {
        's' or 't' or 'm' or 'd' => 2,
        'r' or 'v' => text.Length > 2 && text[2] == 'e' ? 3 : 0,
        'l' => text.Length > 2 && text[2] == 'l' ? 3 : 0,
        _ => 0,
    };
}
