using System.Text;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Long runs of one letter and large files: near-linear time, no recursion.</summary>
public sealed class TokenizerScaleTests
{
    private const int Million = 1_000_000;

    [Theory]
    [InlineData("a")]
    [InlineData("^")]
    [InlineData(" ")]
    [InlineData("\U0001F600")]
    public void AMillionOfOneLetterAreMergedOnASmallStack(string letter)
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));
        string text = Repeat(letter, Million / letter.Length);
        Tokenization found = OnASmallStack(() => tokenizer.Encode(text));
        Assert.Equal(text, tokenizer.Decode(found.Ids));
        Assert.Equal(text.Length, found.Offsets[^1].End);
    }

    [Theory]
    [InlineData("a", 1)]
    [InlineData(" ", 0)]
    [InlineData("[", Million)]
    [InlineData("\u4E2D", Million)]
    [InlineData("\u0301", 0)]
    [InlineData("\u1ED9", 1)]
    [InlineData("a ", Million / 2)]
    public void AMillionOfOneLetterAreWordsOnASmallStack(string letter, int tokens)
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("bert-shakespeare"));
        string text = Repeat(letter, Million / letter.Length);
        Tokenization found = OnASmallStack(() => tokenizer.Encode(text));
        Assert.Equal(tokens + 2, found.Ids.Length);
    }

    [Theory]
    [InlineData("gpt2-shakespeare", "a")]
    [InlineData("gpt2-shakespeare", " ")]
    [InlineData("gpt2-shakespeare", "e e")]
    [InlineData("bert-shakespeare", "a")]
    [InlineData("bert-shakespeare", "!")]
    [InlineData("bert-shakespeare", "\u0301")]
    public void TextCostsNearLinearTime(string model, string part)
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model(model));
        Scaling.OfTime(
            n =>
            {
                string text = Repeat(part, n);
                return () => tokenizer.Encode(text);
            },
            7_500);
    }

    [Fact]
    public void MergesCostNearLinearTime() => Scaling.OfTime(
        n =>
        {
            // a, aa, aaa, ... would be quadratic text; pairs of two letters from a large alphabet are not.
            var vocabulary = new List<string>();
            var merges = new List<string>();
            for (int i = 0; i < n; i++)
            {
                string left = char.ConvertFromUtf32(0x4E00 + i % 20_000);
                string right = char.ConvertFromUtf32(0x20000 + i % 30_000);
                vocabulary.Add($"\"{left}{right}\":{vocabulary.Count}");
                merges.Add($"[\"{left}\",\"{right}\"]");
                if (i < 20_000)
                {
                    vocabulary.Add($"\"{left}\":{vocabulary.Count}");
                }
                if (i < 30_000)
                {
                    vocabulary.Add($"\"{right}\":{vocabulary.Count}");
                }
            }
            return Reading($$$"""{"type":"BPE","vocab":{{{{string.Join(',', vocabulary)}}}},"merges":[{{{string.Join(',', merges)}}}]}""", "[]");
        },
        2_500);

    [Fact]
    public void AddedTokensCostNearLinearTime() => Scaling.OfTime(
        n =>
        {
            IEnumerable<string> tokens = Enumerable.Range(0, n).Select(i => $$"""
                {"id":{{i + 1}},"content":"<extra_{{i}}>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}
                """);
            return Reading("""{"type":"BPE","vocab":{"a":0},"merges":[]}""", $"[{string.Join(',', tokens)}]");
        },
        1_250);

    [Fact]
    public void TheLongestAddedTokenIsFoundWhereSeveralBegin()
    {
        static string Token(int id, string content, string extra = "") => $$"""
            {"id":{{id}},"content":"{{content}}","single_word":{{(extra == "word" ? "true" : "false")}},"lstrip":{{(extra == "strip" ? "true" : "false")}},"rstrip":{{(extra == "strip" ? "true" : "false")}},"normalized":{{(extra == "normal" ? "true" : "false")}},"special":false}
            """;
        Tokenizer tokenizer = Read(
            """{"type":"BPE","vocab":{"a":0,"b":1," ":2},"merges":[]}""",
            $"[{Token(3, "<x")},{Token(4, "<x>")},{Token(5, "<x><y>")},{Token(6, "ab", "word")},{Token(7, "|", "strip")},{Token(8, "ÉA", "normal")}]",
            """{"type":"Lowercase"}""");
        Assert.Equal([3, 0, 4, 5, 4], tokenizer.Encode("<xa<x><x><y><x>").Ids);
        Assert.Equal([6, 2, 0, 0, 1, 2, 6], tokenizer.Encode("ab aab ab").Ids);
        Tokenization stripped = tokenizer.Encode("a  |  b");
        Assert.Equal([0, 7, 1], stripped.Ids);
        Assert.Equal([(0, 1), (1, 6), (6, 7)], stripped.Offsets);
        Assert.Equal([8, 8], tokenizer.Encode("éaÉA").Ids);
    }

    [Fact]
    public void HalfASurrogatePairIsReadAsTheReplacementCharacter()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));
        Assert.Equal(tokenizer.Encode("a\uFFFDb").Ids, tokenizer.Encode("a\uD83Db").Ids);
        Assert.Equal(tokenizer.Encode("\uFFFD").Ids, tokenizer.Encode("\uDE00").Ids);
        Assert.Equal(tokenizer.Encode("a\uFFFD").Ids, tokenizer.Encode("a\uD83D").Ids);
    }

    private static string Repeat(string part, int count) => string.Concat(Enumerable.Repeat(part, count));

    private static Tokenization OnASmallStack(Func<Tokenization> encode)
    {
        Tokenization? found = null;
        Exception? error = null;
        void Run()
        {
            try
            {
                found = encode();
            }
            catch (Exception thrown)
            {
                error = thrown;
            }
        }
        var thread = new Thread(Run, 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.Null(error);
        return found!;
    }

    private static Action Reading(string model, string added) => () => Read(model, added);

    private static Tokenizer Read(string model, string added, string normalizer = "null") => TokenizerFile.Read(new JsonObject(
        Encoding.UTF8.GetBytes(
            $$"""{"version":"1.0","added_tokens":{{added}},"normalizer":{{normalizer}},"model":{{model}}}"""),
        "tokenizer.json"));
}
