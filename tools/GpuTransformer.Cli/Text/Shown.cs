using System.Text;

namespace GpuTransformer.Cli.Text;

/// <summary>Text from outside as a terminal may show it: control characters, which could move the cursor or worse, become
/// pictures of themselves.</summary>
internal static class Shown
{
    /// <summary>The text without anything that a terminal obeys.</summary>
    public static string Plain(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            shown.Append(!IsUnsafe(letter) ? letter.ToString()
                : letter < ' ' ? ((char)(0x2400 + letter)).ToString()
                : letter == '\u007f' ? "\u2421"
                : $"\\u{(int)letter:x4}");
        }

        return shown.ToString();
    }

    /// <summary>The same for a place where markup is understood.</summary>
    public static string Markup(string text) => Spectre.Console.Markup.Escape(Plain(text));

    private static bool IsUnsafe(char letter) =>
        char.IsControl(letter) || letter is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
