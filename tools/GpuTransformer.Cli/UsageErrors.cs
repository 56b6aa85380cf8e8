using System.CommandLine;
using System.CommandLine.Parsing;

namespace GpuTransformer.Cli;

/// <summary>What is wrong with a command line, in words for the one who typed it.</summary>
internal static class UsageErrors
{
    /// <summary>The first fault, or null.</summary>
    public static string? Find(ParseResult parsed)
    {
        if (parsed.Errors.Count > 0)
        {
            var message = parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens is [var word, ..]
                ? $"'{word}': there is no such command"
                : NotANumber(parsed.Errors[0]) ?? string.Join(' ', parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return $"{message} (gputx --help lists the commands)";
        }

        return Misspelt(parsed) is { } option
            ? $"{option}: there is no such option here (texts that begin with -- stand after a lone --)"
            : null;
    }

    // The parser's own words name a .NET type.
    private static string? NotANumber(ParseError error)
    {
        if (error.SymbolResult is not OptionResult { Tokens: [var token], Option: var option })
        {
            return null;
        }

        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        var expected = type == typeof(int) ? "a whole number" : type == typeof(ulong) ? "a whole number of at least 0" : null;
        return expected is null ? null : $"{option.Name} '{token.Value}': expected {expected}";
    }

    // A word with dashes that is no option would else be taken for a text.
    private static string? Misspelt(ParseResult parsed)
    {
        var before = TokenType.Command;
        foreach (var token in parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash))
        {
            if (token.Type == TokenType.Argument && before != TokenType.Option && token.Value is ['-', '-', _, ..])
            {
                return token.Value;
            }

            before = token.Type;
        }

        return null;
    }
}
