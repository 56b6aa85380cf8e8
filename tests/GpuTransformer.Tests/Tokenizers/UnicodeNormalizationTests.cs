using System.Text;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers.Text;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>The normalization forms against python's unicodedata (Unicode 14): a checksum over every code point, and one
/// over random texts of letters that decompose, compose or reorder.</summary>
public sealed class UnicodeNormalizationTests
{
    private const ulong ChecksumStart = 0xcbf29ce484222325;

    [Theory]
    [InlineData("Nfc", 0x766963bc38b4ad0b)]
    [InlineData("Nfd", 0x7c9233e4f9c2c644)]
    [InlineData("Nfkc", 0x9e83069674cc714f)]
    [InlineData("Nfkd", 0x1b6c21131a4e98b7)]
    public void EveryCodePointIsAsUnicodeSays(string form, ulong expected)
    {
        ulong checksum = ChecksumStart;
        for (int code = 0; code <= 0x10FFFF; code++)
        {
            if (Rune.IsValid(code))
            {
                checksum = Checksum(checksum, Normalized(new Rune(code).ToString(), form));
            }
        }
        Assert.Equal(expected, checksum);
    }

    [Theory]
    [InlineData("Nfc", 0xc4d3fa585f7cbae8)]
    [InlineData("Nfd", 0x3d62dd1169eb8e3d)]
    [InlineData("Nfkc", 0xc616163fdd471e8e)]
    [InlineData("Nfkd", 0x6603610ca2d27336)]
    public void LettersAreReorderedAndComposedAsUnicodeSays(string form, ulong expected)
    {
        int[] pool = Pool();
        Assert.Equal(7273, pool.Length);
        ulong state = 12345;
        ulong checksum = ChecksumStart;
        var text = new StringBuilder();
        for (int i = 0; i < 20_000; i++)
        {
            text.Clear();
            for (int k = 0; k < 8; k++)
            {
                state = state * 6364136223846793005 + 1442695040888963407;
                text.Append(new Rune(pool[(int)((state >> 33) % (ulong)pool.Length)]));
            }
            checksum = Checksum(checksum, Normalized(text.ToString(), form));
        }
        Assert.Equal(expected, checksum);
    }

    // A letter that took in others comes from where it stood itself, as in Hugging Face's tokenizers.
    [Theory]
    [InlineData("Nfc", "e\u0301x", "éx", new[] { 0, 1, 2, 3 })]
    [InlineData("Nfd", "éx", "e\u0301x", new[] { 0, 1, 0, 1, 1, 2 })]
    [InlineData("Nfkd", "ﬁx", "fix", new[] { 0, 1, 0, 1, 1, 2 })]
    [InlineData("Nfkc", "한\u1112\u1161\u11ab", "한한", new[] { 0, 1, 1, 2 })]
    [InlineData("Nfkc", "\U0001D400b", "Ab", new[] { 0, 2, 2, 3 })]
    [InlineData("Nfd", "\U0001D15E", "\U0001D157\U0001D165", new[] { 0, 2, 0, 2, 0, 2, 0, 2 })]
    [InlineData("Nfc", "plain", "plain", new[] { 0, 1, 1, 2, 2, 3, 3, 4, 4, 5 })]
    public void OffsetsFollow(string form, string text, string expected, int[] ranges)
    {
        NormalizedText normalized = Apply(text, form);
        Assert.Equal(expected, normalized.Units.ToString());
        var found = new List<int>();
        for (int i = 0; i < normalized.Length; i++)
        {
            (int start, int end) = normalized.OriginalRange(i, i + 1);
            found.AddRange([start, end]);
        }
        Assert.Equal(ranges, found);
    }

    [Theory]
    [InlineData("\u0301")]
    [InlineData("\u0301\u0323")]
    [InlineData("\u1100\u1161")]
    [InlineData("ﷺ")]
    public void LongRunsCostNearLinearTime(string part) => Scaling.OfTime(
        n =>
        {
            string text = string.Concat(Enumerable.Repeat(part, n));
            return () => Normalized(text, "Nfkc");
        },
        12_500);

    private static int[] Pool()
    {
        UnicodeTables tables = UnicodeTables.Of(UnicodeForm.Nfkd);
        Span<int> parts = stackalloc int[18];
        var pool = new List<int>();
        for (int code = 0; code <= 0x10FFFF; code++)
        {
            bool changes = code is < 0xAC00 or > 0xD7A3 && Rune.IsValid(code)
                && (tables.ClassOf(code) != 0 || tables.Decompose(code, parts) != 1 || parts[0] != code);
            if (changes || code is >= 0x1100 and < 0x1200)
            {
                pool.Add(code);
            }
        }
        return [.. pool, .. Enumerable.Range('A', 'z' - 'A' + 1), .. Enumerable.Range(0xAC00, 0x100)];
    }

    private static string Normalized(string text, string form) => Apply(text, form).Units.ToString();

    private static NormalizedText Apply(string text, string form)
    {
        var normalized = new NormalizedText(text);
        UnicodeNormalization.Apply(normalized, Enum.Parse<UnicodeForm>(form));
        return normalized;
    }

    private static ulong Checksum(ulong checksum, string text)
    {
        foreach (byte value in Encoding.Unicode.GetBytes(text + "\n"))
        {
            checksum = (checksum ^ value) * 0x100000001b3;
        }
        return checksum;
    }
}
