using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Tokenizers.PreTokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>The engine for the patterns of tokenizer files: what it matches, what it refuses, what it costs.</summary>
public sealed class PatternTests
{
    private const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Clip =
        @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    private static readonly string[] Scraps =
    [
        "a", "Zé", "ß", "1", "23", "٣", "½", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u0085", "'", "'s", "'S", "'ll", "'RE",
        "'x", "_", "-", "...", "/", "中文", "\u0301", "\u200d", "\u0000", "€", "ǅ", "ʰ", "<|endoftext|>",
    ];

    /// <summary>Patterns without letters outside the first plane mean the same to .NET.</summary>
    [Theory]
    [InlineData(Gpt2Pattern.Text)]
    [InlineData(WordPattern.OneDigit)]
    [InlineData(WordPattern.ThreeDigits)]
    [InlineData(O200k)]
    [InlineData(Clip)]
    [InlineData(@"\s+")]
    [InlineData(@"(a|ab)(c|bcd)?\w*?é+")]
    [InlineData(@"(?:\w{2,3}?|\S)|(?<=a)\s|(?<![\d'])\W")]
    [InlineData(@"(?>\w+|\s)[^x]|\d+(?=\s|$)")]
    [InlineData(@"\A.|.\z|[^\W\d_]+?(?!\w)|[\x27\u4E2D-\u6587]")]
    public void MatchesAreThoseOfABacktrackingEngine(string pattern)
    {
        var reference = new Regex(pattern, RegexOptions.CultureInvariant);
        TextPattern general = TextPattern.General(pattern, "test");
        TextPattern chosen = TextPattern.Regex(pattern, "test");
        Check(text =>
        {
            // .NET counts an empty match after a match; Oniguruma's caller does not.
            string expected = string.Join('|', reference.Matches(text).Select(match => $"{match.Index}-{match.Index + match.Length}"));
            Assert.Equal(expected, Found(general, text));
            Assert.Equal(expected, Found(chosen, text));
        });
    }

    [Theory]
    [InlineData(@"\p{L}+", "a\U0001D4D0\U00010400b \U0001F600", "0-6")]
    [InlineData(@"[^\s]", "\U0001F600 x", "0-2|3-4")]
    [InlineData(@".{2}", "\U0001F600\U0001F600a", "0-4")]
    [InlineData(@"\U0001F600+", "\U0001F600\U0001F600", "")]
    [InlineData("\U0001F600+", "x\U0001F600\U0001F600", "1-5")]
    [InlineData("[\U0001F600-\U0001F64F]", "\U0001F610", "0-2")]
    [InlineData(@"(?<=\U0001F600)a", "\U0001F600a", "")]
    [InlineData(@"\p{Han}+|\p{^Han}", "中文x", "0-2|2-3")]
    [InlineData(@"[\p{L}&&[^\p{Han}]]+", "ab中c", "0-2|3-4")]
    [InlineData(@"[[:alpha:][:digit:]]+", "a1-", "0-2")]
    [InlineData(@"(?i)straße|k", "STRASSE \u212A STRAßE", "8-9|10-16")]
    [InlineData(@"(?i:[a-c]X)y", "bxy BXy bxY", "0-3|4-7")]
    [InlineData(@"a{2}+b", "aaaab", "0-5")]
    [InlineData(@"a++ab|a", "aaab", "0-1|1-2|2-3")]
    [InlineData(@"a{,2}b", "aaab", "1-4")]
    [InlineData(@"a{x", "a{x", "0-3")]
    [InlineData(@"^a|b$", "a\na\nb\nb", "0-1|2-3|4-5|6-7")]
    [InlineData(@"x*", "axb", "0-0|1-2|3-3")]
    [InlineData(@"(?x) a b # both", "ab", "0-2")]
    [InlineData(@"(?#note)a(?<name>b)", "ab", "0-2")]
    [InlineData(@"(?m:a.b)|c.d", "a\nb c\nd", "0-3")]
    [InlineData(@"\h+\x{1F600}", "ff\U0001F600", "0-4")]
    [InlineData(@"\bé|a\B", "é aé a", "0-1|2-3")]
    [InlineData(@"[]a-]+", "a]-", "0-3")]
    [InlineData(@"", "ab", "0-0|1-1|2-2")]
    public void MatchesAreThoseOfOniguruma(string pattern, string text, string expected)
    {
        if (pattern.Contains(@"\U", StringComparison.Ordinal))
        {
            Assert.Throws<InputException>(() => TextPattern.Regex(pattern, "test"));
            return;
        }
        Assert.Equal(expected, Found(TextPattern.Regex(pattern, "test"), text));
    }

    [Theory]
    [InlineData(@"(a)\1", "place 3", "\"\\1\"")]
    [InlineData(@"a(b", "place 1", "a group that ends")]
    [InlineData(@"a)b", "place 1", "an end")]
    [InlineData(@"[a", "place 0", "a class that ends")]
    [InlineData(@"[z-a]", "place 3", "ascends")]
    [InlineData(@"a{3,2}", "place 1", "ascends")]
    [InlineData(@"*a", "place 0", "something to repeat")]
    [InlineData(@"\p{Klingon}", "place 0", "Klingon")]
    [InlineData(@"\pL", "place 0", "\\p{...}")]
    [InlineData(@"(?(1)a|b)", "place 2", "supported")]
    [InlineData(@"(?<=ab)c", "place 0", "look-behind of one letter")]
    [InlineData(@"(a*)*", "place 0", "may be empty")]
    [InlineData(@"(a|b?)+", "place 0", "may be empty")]
    [InlineData(@"a{100000}", "place 1", "at most 1000 repetitions")]
    [InlineData(@"(((ab){1000}){1000}){1000}", "10000 steps")]
    [InlineData(@"\", "place 0", "the end")]
    [InlineData(@"\k<a>", "place 0", "supported")]
    [InlineData(@"\x{110000}", "place 0", "code point")]
    [InlineData(@"[a&&]", "place 5", "none")]
    public void APatternThatIsNotUnderstoodIsShownWithThePlace(string pattern, params string[] mentions)
    {
        string message = Assert.Throws<InputException>(() => TextPattern.Regex(pattern, "file: pattern")).Message;
        Assert.StartsWith("file: pattern: ", message, StringComparison.Ordinal);
        Assert.All(mentions, mention => Assert.Contains(mention, message, StringComparison.Ordinal));
    }

    [Fact]
    public void GroupsNestOnlySoDeep()
    {
        string deep = new string('(', 100_000) + "a" + new string(')', 100_000);
        HostileRun.MustRefuse(() => TextPattern.Regex(deep[..50_000], "file"), 50_000, "32 deep");
        Assert.Contains("at most 65536 letters", Assert.Throws<InputException>(() => TextPattern.Regex(deep, "file")).Message);
    }

    /// <summary>Patterns that take exponential or quadratic time elsewhere.</summary>
    [Theory]
    [InlineData("(a+)+b")]
    [InlineData("(a|a)+b")]
    [InlineData("(a|aa)+$b")]
    [InlineData("a*b|a")]
    [InlineData("(?:a+a+)+b|a")]
    [InlineData("[^b]*b|a")]
    [InlineData("a+")]
    [InlineData("a")]
    [InlineData(@"(a+)+\s")]
    public void HardPatternsCostNearLinearTime(string pattern)
    {
        TextPattern found = TextPattern.Regex(pattern, "test");
        Scaling.OfTime(
            n =>
            {
                string text = new('a', n);
                return () => found.FindAll(text, []);
            },
            5_000);
    }

    [Fact]
    public void APatternThatRunsAwayIsStopped()
    {
        TextPattern pattern = TextPattern.Regex("(?>a+)b|(?=a+b)a|a", "file: pattern");
        string message = Assert.Throws<InputException>(() => pattern.FindAll(new string('a', 200_000), [])).Message;
        Assert.Contains("file: pattern: the pattern takes more than", message, StringComparison.Ordinal);
    }

    private static string Found(TextPattern pattern, string text)
    {
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(text, matches);
        return string.Join('|', matches.Select(match => $"{match.Start}-{match.End}"));
    }

    private static void Check(Action<string> property) => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        picks => property(string.Concat(picks.Select(pick => Scraps[pick % Scraps.Length])))).QuickCheckThrowOnFailure();
}
