using System.Globalization;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>Sets of letters by the names that \p{...} and [[:...:]] give them: general categories, scripts and a few
/// classes.</summary>
internal static class LetterProperties
{
    // A category's short name begins with the letter of its group.
    private static readonly string[] Categories =
    [
        "LU", "LL", "LT", "LM", "LO", "MN", "MC", "ME", "ND", "NL", "NO", "ZS", "ZL", "ZP", "CC", "CF", "CS", "CO", "PC",
        "PD", "PS", "PE", "PI", "PF", "PO", "SM", "SC", "SK", "SO", "CN",
    ];

    private static readonly Dictionary<string, string> LongNames = new()
    {
        ["LETTER"] = "L",
        ["UPPERCASELETTER"] = "LU",
        ["LOWERCASELETTER"] = "LL",
        ["TITLECASELETTER"] = "LT",
        ["MODIFIERLETTER"] = "LM",
        ["OTHERLETTER"] = "LO",
        ["MARK"] = "M",
        ["NONSPACINGMARK"] = "MN",
        ["SPACINGMARK"] = "MC",
        ["ENCLOSINGMARK"] = "ME",
        ["NUMBER"] = "N",
        ["DECIMALNUMBER"] = "ND",
        ["LETTERNUMBER"] = "NL",
        ["OTHERNUMBER"] = "NO",
        ["PUNCTUATION"] = "P",
        ["SYMBOL"] = "S",
        ["SEPARATOR"] = "Z",
        ["OTHER"] = "C",
    };

    /// <summary>The set of a name, or null when there is none.</summary>
    public static LetterSet? Named(string name)
    {
        string plain = name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal)
            .Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
        plain = LongNames.GetValueOrDefault(plain, plain);
        if (plain == "LC")
        {
            return LetterSet.OfCategories(0b111);
        }
        uint categories = 0;
        for (int i = 0; i < Categories.Length; i++)
        {
            categories |= plain == Categories[i] || (plain.Length == 1 && Categories[i][0] == plain[0]) ? 1u << i : 0;
        }
        if (categories != 0)
        {
            return LetterSet.OfCategories(categories);
        }
        return Class(plain) ?? (UnicodeScripts.Named(plain) is > 0 and var script
            ? LetterSet.Where(code => UnicodeScripts.Of(code) == script)
            : null);
    }

    private static LetterSet? Class(string plain) => plain switch
    {
        "ANY" => LetterSet.All,
        "ASCII" => LetterSet.OfRange(0, 0x7F),
        "SPACE" or "WHITESPACE" => LetterSet.Space,
        "DIGIT" => LetterSet.Digit,
        "WORD" => LetterSet.Word,
        "XDIGIT" => LetterSet.HexDigit,
        "ALPHA" or "ALPHABETIC" => LetterSet.Where(code => LetterSet.Word.Contains(code)
            && CharUnicodeInfo.GetUnicodeCategory(code) is not (UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation)),
        "ALNUM" => LetterSet.Where(code => LetterSet.Word.Contains(code)
            && CharUnicodeInfo.GetUnicodeCategory(code) != UnicodeCategory.ConnectorPunctuation),
        "UPPER" => LetterSet.OfCategories(1u << (int)UnicodeCategory.UppercaseLetter),
        "LOWER" => LetterSet.OfCategories(1u << (int)UnicodeCategory.LowercaseLetter),
        "CNTRL" => LetterSet.OfCategories(1u << (int)UnicodeCategory.Control),
        "BLANK" => LetterSet.Where(code => code == '\t'
            || CharUnicodeInfo.GetUnicodeCategory(code) == UnicodeCategory.SpaceSeparator),
        "PUNCT" => LetterSet.Where(code =>
            CharUnicodeInfo.GetUnicodeCategory(code) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation
            || (code < 128 && char.IsSymbol((char)code))),
        _ => null,
    };
}
