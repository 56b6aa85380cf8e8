using System.Text;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Text of a stranger: what looks like a special token in it is split as plain text.</summary>
public sealed class SpecialScopeTests
{
    private const string Letters = """{"a":0,"b":1,"<":2,">":3,"|":4,"<|":5,"<|a|>":6}""";

    private static readonly Tokenizer Chat = Read(
        $$$"""{"type":"BPE","vocab":{{{Letters}}},"merges":[["<","|"]]}""", ("<|a|>", 6, true), ("<|b|>", 7, true), ("ab", 8, false), ("<|", 5, true));

    [Fact]
    public void SpecialTokensAreFoundOnlyWhereTheyMayBe()
    {
        Assert.Equal([6, 8, 7], Chat.Encode("<|a|>ab<|b|>").Ids);
        Assert.Equal([2, 4, 0, 4, 3, 8, 2, 4, 1, 4, 3], Untrusted("<|a|>ab<|b|>").Ids);
        Assert.Equal([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], Untrusted("<|a|>").Offsets);
    }

    [Fact]
    public void AWordOfTheVocabularyDoesNotBecomeASpecialToken()
    {
        const string Words = """{"type":"WordLevel","vocab":{"[UNK]":0,"[SEP]":1,"[":2,"SEP]":3},"unk_token":"[UNK]"}""";
        Tokenizer words = Read(Words, ("[SEP]", 1, true));
        Assert.Equal([1], words.Encode("[SEP]").Ids);
        Tokenization found = words.Encode("[SEP]", new EncodeOptions { AllowSpecial = false });
        Assert.Equal([2, 3], found.Ids);
        Assert.Equal([(0, 1), (1, 5)], found.Offsets);
    }

    [Fact]
    public void NoSpecialTokenReachesOutOfItsSpan()
    {
        Assert.Equal([6, 2, 4, 0, 4, 3, 6], Spans(("<|a|>", true), ("<|a|>", false), ("<|a|>", true)));
        // The shorter token that fits in the span is there, the longer one that would cross is not.
        Assert.Equal([5, 0, 4, 3], Spans(("<|", true), ("a|>", false)));
        Assert.Equal([2, 4, 0, 4, 3], Spans(("<", false), ("|a|>", true)));
        Assert.Equal([6, 8, 6], Spans(("<|a|>a", true), ("b", false), ("", false), ("<|a|>", true)));
        // Spans of one kind are one span.
        Assert.Equal([1, 6], Spans(("b", false), ("<|a", true), ("", false), ("|>", true)));
    }

    [Fact]
    public void TrustedSpansAreOneText()
    {
        Assert.Equal(Chat.Encode("<|a|>ab").Ids, Spans(("<|a|>", true), ("ab", true)));
        Tokenization found = Chat.EncodeSpans([new TextSpan("<|a|>", true), new TextSpan("ba", false)]);
        Assert.Equal([(0, 5), (5, 6), (6, 7)], found.Offsets);
    }

    [Theory]
    [InlineData("a\U0001F600b", new[] { 0, 1, 1, 2, 2, 3 })]
    [InlineData("\U0001F600\U0001F600", new[] { 0, 1, 1, 2 })]
    [InlineData("ab", new[] { 0, 1, 1, 2 })]
    public void OffsetsCountCodePointsOnRequest(string text, int[] expected)
    {
        Tokenizer tokenizer = Read("""{"type":"BPE","vocab":{"a":0,"b":1,"?":2},"merges":[],"unk_token":"?"}""");
        Assert.Equal(expected, tokenizer.Encode(text).CodePointOffsets.SelectMany(range => new[] { range.Start, range.End }));
    }

    [Fact]
    public void HalfASurrogatePairIsOneCodePoint()
    {
        Tokenizer tokenizer = Read("""{"type":"BPE","vocab":{"a":0,"b":1,"?":2},"merges":[],"unk_token":"?"}""");
        Assert.Equal([(0, 1), (1, 2), (2, 3), (3, 4)], tokenizer.Encode("a\uD83Db\U0001F600").CodePointOffsets);
    }

    private static Tokenization Untrusted(string text) => Chat.Encode(text, new EncodeOptions { AllowSpecial = false });

    private static int[] Spans(params (string Text, bool IsTrusted)[] spans) =>
        Chat.EncodeSpans([.. spans.Select(span => new TextSpan(span.Text, span.IsTrusted))]).Ids;

    private static Tokenizer Read(string model, params (string Content, int Id, bool Special)[] added)
    {
        IEnumerable<string> tokens = added.Select(token => $$"""
            {"id":{{token.Id}},"content":"{{token.Content}}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":{{(token.Special ? "true" : "false")}}}
            """);
        return TokenizerFile.Read(new JsonObject(
            Encoding.UTF8.GetBytes($$"""{"version":"1.0","added_tokens":[{{string.Join(',', tokens)}}],"model":{{model}}}"""),
            "tokenizer.json"));
    }
}
