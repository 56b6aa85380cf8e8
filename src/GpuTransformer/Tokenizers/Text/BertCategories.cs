using System.Globalization;
using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>The character classes of BERT's tokenizer, equal to those of Hugging Face's tokenizers: categories of
/// Unicode 8.0, whatever the platform's own tables say of newer letters.</summary>
internal static class BertCategories
{
    private static readonly Lazy<CodeRanges> Marks = new(() => Load('M'));
    private static readonly Lazy<CodeRanges> Punctuation = new(() => Load('P'));
    private static readonly Lazy<CodeRanges> Others = new(() => Load('C'));

    /// <summary>Tab and line ends count as white space, not as control characters.</summary>
    public static bool IsControl(Rune letter) =>
        letter.Value is not ('\t' or '\n' or '\r') && Others.Value.Contains(letter.Value);

    /// <summary>A mark that takes no room of its own: an accent.</summary>
    public static bool IsNonspacingMark(Rune letter) => letter.Value >= 0x300 && Marks.Value.Contains(letter.Value);

    /// <summary>Punctuation, and every ASCII sign that is no letter or digit.</summary>
    public static bool IsPunctuation(Rune letter) => letter.IsAscii
        ? letter.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Punctuation.Value.Contains(letter.Value);

    /// <summary>The blocks of unified ideographs that BERT puts spaces around.</summary>
    public static bool IsIdeograph(Rune letter) => letter.Value is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private static CodeRanges Load(char kind)
    {
        var firsts = new List<int>();
        var lasts = new List<int>();
        foreach (string entry in TextTable.Entries("BertCategories.txt"))
        {
            if (entry[0] == kind)
            {
                string[] ends = entry[2..].Split('-');
                firsts.Add(int.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                lasts.Add(int.Parse(ends[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }
        return new CodeRanges([.. firsts], [.. lasts]);
    }

    /// <summary>Code points as ranges in ascending order.</summary>
    private sealed class CodeRanges(int[] firsts, int[] lasts)
    {
        public bool Contains(int code)
        {
            int found = Array.BinarySearch(firsts, code);
            return found >= 0 || (~found > 0 && code <= lasts[~found - 1]);
        }
    }
}
