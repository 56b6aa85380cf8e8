using System.Text;

namespace GpuTransformer.Weights;

/// <summary>Text from a file as an error message shows it: in quotes, cut to a length a person reads, with control
/// characters written out, so that a hostile name cannot fill or repaint a terminal.</summary>
internal static class Quoted
{
    private const int LongestShown = 100;

    /// <summary>Quotes UTF-8 bytes.</summary>
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        // Four bytes a character at most: what is cut off here would be cut off below.
        int length = Math.Min(utf8.Length, 4 * LongestShown + 4);
        return Of(Encoding.UTF8.GetString(utf8[..length]));
    }

    /// <summary>Quotes a string.</summary>
    public static string Of(ReadOnlySpan<char> text) => $"\"{Plain(text, LongestShown)}\"";

    /// <summary>Cut and written out alike, without quotes: for words that may hold some of a file's.</summary>
    public static string Plain(ReadOnlySpan<char> text, int longest = 3 * LongestShown)
    {
        var shown = new StringBuilder();
        foreach (char letter in text[..Math.Min(text.Length, longest)])
        {
            if (char.IsControl(letter) || char.IsSurrogate(letter) || IsDirectionMark(letter))
            {
                shown.Append($"\\u{(int)letter:x4}");
            }
            else
            {
                shown.Append(letter);
            }
        }
        return shown.Append(text.Length > longest ? "..." : "").ToString();
    }

    /// <summary>A shape as errors show it: [2, 3].</summary>
    public static string Shape(ReadOnlySpan<long> shape)
    {
        var shown = new StringBuilder("[");
        for (int i = 0; i < shape.Length; i++)
        {
            shown.Append(i == 0 ? "" : ", ").Append(shape[i] < 0 ? "any" : shape[i].ToString());
        }
        return shown.Append(']').ToString();
    }

    // Marks that reverse the reading direction would let a name rewrite the rest of the line.
    private static bool IsDirectionMark(char letter) =>
        letter is (>= '\u200e' and <= '\u200f') or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
