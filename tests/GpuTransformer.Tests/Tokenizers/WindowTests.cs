using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Cutting, windows, filling up, batches.</summary>
public sealed class WindowTests
{
    private static readonly Tokenizer Letters = Read();

    [Theory]
    [InlineData(3, 0, false, "0 1 9|2 3 9|4 9")]
    [InlineData(4, 1, false, "0 1 2 9|2 3 4 9")]
    [InlineData(4, 2, false, "0 1 2 9|1 2 3 9|2 3 4 9")]
    [InlineData(4, 1, true, "2 3 4 9|0 1 2 9")]
    [InlineData(3, 0, true, "3 4 9|1 2 9|0 9")]
    [InlineData(6, 2, false, "0 1 2 3 4 9")]
    [InlineData(1, 0, false, "9|0 1 2 3 4 9")]
    public void ATextIsCutIntoWindows(int length, int stride, bool fromLeft, string expected)
    {
        Tokenizer cut = Letters.With(new TruncationOptions(length, FromLeft: fromLeft, Stride: stride), null);
        IReadOnlyList<Tokenization> windows = cut.EncodeWindows("abcde");
        Assert.Equal(expected, string.Join('|', windows.Select(window => string.Join(' ', window.Ids))));
        Assert.Equal(cut.Encode("abcde").Ids, windows[0].Ids);
    }

    [Theory]
    [InlineData(TruncationStrategy.OnlyFirst, 5, "0 1 9 4 9|2 3 9 4 9")]
    [InlineData(TruncationStrategy.LongestFirst, 5, "0 1 9 4 9|2 3 9 4 9")]
    [InlineData(TruncationStrategy.LongestFirst, 4, "0 9 4 9|1 9 4 9|2 9 4 9|3 9 4 9")]
    public void APairIsCutIntoWindows(TruncationStrategy strategy, int length, string expected)
    {
        Tokenizer cut = Letters.With(new TruncationOptions(length, strategy), null);
        IReadOnlyList<Tokenization> windows = cut.EncodeWindows("abcd", "e");
        Assert.Equal(expected, string.Join('|', windows.Select(window => string.Join(' ', window.Ids))));
        Assert.Equal(cut.Encode("abcd", "e").TypeIds, windows[0].TypeIds);
        Assert.Equal([(3, 4), (0, 0), (0, 1), (0, 0)], windows[^1].Offsets[^4..]);
        Assert.Equal([0, -1, 1, -1], windows[^1].SequenceIds[^4..]);
    }

    [Fact]
    public void AStrideMustBeShorterThanAWindow() => Assert.Contains("a stride from 0 to 1, found 2",
        Assert.Throws<InputException>(() => Letters.With(new TruncationOptions(3, Stride: 2), null).EncodeWindows("abcde")).Message);

    [Theory]
    [InlineData(0, 1, false, "0 9 8|0 1 9")]
    [InlineData(5, 1, false, "0 9 8 8 8|0 1 9 8 8")]
    [InlineData(0, 4, false, "0 9 8 8|0 1 9 8")]
    [InlineData(0, 1, true, "8 0 9|0 1 9")]
    [InlineData(2, 1, true, "0 9|0 1 9")]
    public void ABatchIsFilledUp(int length, int multiple, bool onLeft, string expected)
    {
        Tokenizer padded = Letters.With(null, new PaddingOptions(length, 8, "[PAD]", 3, onLeft, multiple));
        Tokenization[] batch = padded.EncodeBatch(["a", "ab"]);
        Assert.Equal(expected, string.Join('|', batch.Select(one => string.Join(' ', one.Ids))));
        foreach (Tokenization one in batch)
        {
            for (int i = 0; i < one.Count; i++)
            {
                bool isPadding = one.Ids[i] == 8;
                Assert.Equal((isPadding ? 0 : 1, isPadding ? 3 : 0), (one.AttentionMask[i], one.TypeIds[i]));
                Assert.Equal(isPadding, one.Tokens[i] == "[PAD]");
            }
        }
    }

    [Fact]
    public void ALargeBatchEqualsItsTextsOneByOne()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));
        string[] texts = [.. Enumerable.Range(0, 500).Select(i => $"Line {i}: what's \u00E9 \U0001F600 {new string('x', i % 50)}")];
        Tokenization[] batch = tokenizer.EncodeBatch(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            Tokenization one = tokenizer.Encode(texts[i]);
            Assert.Equal(one.Ids, batch[i].Ids);
            Assert.Equal(one.CodePointOffsets, batch[i].CodePointOffsets);
        }
        Assert.Empty(tokenizer.EncodeBatch([]));
        string[] withOneBad = [.. texts.Select((text, i) => i == 300 ? "?" : "a")];
        Assert.Throws<InputException>(() => Letters.EncodeBatch(withOneBad));
    }

    private static Tokenizer Read() => TokenizerFile.Read(new JsonObject(
        Encoding.UTF8.GetBytes("""
            {"version":"1.0","model":{"type":"BPE","unk_token":"?","vocab":{"a":0,"b":1,"c":2,"d":3,"e":4,"[PAD]":8,"[SEP]":9},"merges":[]},
            "truncation":{"max_length":2,"strategy":"OnlyFirst","stride":1},
            "post_processor":{"type":"TemplateProcessing",
            "single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
            "pair":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
            "special_tokens":{"[SEP]":{"id":"[SEP]","ids":[9],"tokens":["[SEP]"]}}}}
            """),
        "tokenizer.json"));
}
