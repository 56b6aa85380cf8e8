namespace GpuTransformer.Kernels.Tests;

/// <summary>The tokens of a C# file without comments, white space and preprocessor lines; a string is one token.</summary>
internal static class SourceTokens
{
    public static List<string> Of(string text)
    {
        var tokens = new List<string>();
        var isLineStart = true;
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                isLineStart |= text[at] == '\n';
                at++;
                continue;
            }

            var end = End(text, at, isLineStart);
            if (!IsLeftOut(text, at, isLineStart))
            {
                tokens.Add(text[at..end]);
            }

            isLineStart = false;
            at = end;
        }

        return tokens;
    }

    public static bool IsName(string token) => char.IsLetter(token[0]) || token[0] == '_';

    private static bool IsLeftOut(string text, int at, bool isLineStart) =>
        (isLineStart && text[at] == '#') || (text[at] == '/' && at + 1 < text.Length && text[at + 1] is '/' or '*');

    private static int End(string text, int at, bool isLineStart)
    {
        var c = text[at];
        if (c == '#' && isLineStart)
        {
            return EndOfLine(text, at);
        }

        if (c == '/' && at + 1 < text.Length && text[at + 1] == '/')
        {
            return EndOfLine(text, at);
        }

        if (c == '/' && at + 1 < text.Length && text[at + 1] == '*')
        {
            return text.IndexOf("*/", at + 2, StringComparison.Ordinal) + 2;
        }

        if (c is '"' or '\'' || (c is '$' or '@' && IsString(text, at)))
        {
            return EndOfString(text, at);
        }

        if (!char.IsLetterOrDigit(c) && c != '_')
        {
            return at + 1;
        }

        // A number keeps its point, so that 1.5f is one token; a range 1..2 does not.
        var isNumber = char.IsDigit(c);
        var end = at + 1;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_' ||
            (isNumber && text[end] == '.' && end + 1 < text.Length && char.IsDigit(text[end + 1]))))
        {
            end++;
        }

        return end;
    }

    private static int EndOfLine(string text, int at)
    {
        var end = text.IndexOf('\n', at);
        return end < 0 ? text.Length : end;
    }

    private static bool IsString(string text, int at)
    {
        while (at < text.Length && text[at] is '$' or '@')
        {
            at++;
        }

        return at < text.Length && text[at] == '"';
    }

    private static int EndOfString(string text, int at)
    {
        var isVerbatim = false;
        var isInterpolated = false;
        for (; text[at] is '$' or '@'; at++)
        {
            isVerbatim |= text[at] == '@';
            isInterpolated |= text[at] == '$';
        }

        var quote = text[at];
        if (string.CompareOrdinal(text, at, "\"\"\"", 0, 3) == 0)
        {
            return EndOfRawString(text, at);
        }

        for (at++; at < text.Length; at++)
        {
            if (text[at] == '\\' && !isVerbatim)
            {
                at++;
            }
            else if (isInterpolated && text[at] == '{')
            {
                at = text[at + 1] == '{' ? at + 1 : EndOfHole(text, at) - 1;
            }
            else if (text[at] == quote)
            {
                if (!isVerbatim || at + 1 == text.Length || text[at + 1] != quote)
                {
                    return at + 1;
                }

                at++;
            }
        }

        return text.Length;
    }

    private static int EndOfRawString(string text, int at)
    {
        var quotes = at;
        while (text[quotes] == '"')
        {
            quotes++;
        }

        var fence = text[at..quotes];
        var end = text.IndexOf(fence, quotes, StringComparison.Ordinal) + fence.Length;
        while (end < text.Length && text[end] == '"')
        {
            end++;
        }

        return end;
    }

    /// <summary>Past the brace that closes an interpolation, which may hold strings of its own.</summary>
    private static int EndOfHole(string text, int at)
    {
        var depth = 0;
        while (at < text.Length)
        {
            depth += text[at] switch { '{' => 1, '}' => -1, _ => 0 };
            at = End(text, at, isLineStart: false);
            if (depth == 0)
            {
                return at;
            }
        }

        return text.Length;
    }
}
