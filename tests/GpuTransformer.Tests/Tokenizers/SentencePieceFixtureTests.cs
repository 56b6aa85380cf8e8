using System.Text;
using System.Text.Json;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Recorded answers of the sentencepiece library: every text of every model.</summary>
public sealed class SentencePieceFixtureTests
{
    public static TheoryData<string> Kinds =>
        ["sentencepiece-bpe", "sentencepiece-unigram", "sentencepiece-unigram-nfkc-cf"];

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void EveryTextGivesTheRecordedPiecesAndBack(string kind)
    {
        string folder = Fixtures.Folder($"tokenizers/{kind}");
        Tokenizer tokenizer = Tokenizer.Load(folder);
        using JsonDocument recorded = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases.json")));
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement item in recorded.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            string[] pieces = [.. item.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()!)];
            Tokenization found = tokenizer.Encode(text);
            Compare(wrong, text, string.Join(' ', ids), string.Join(' ', found.Ids));
            Compare(wrong, text, string.Join(' ', pieces), string.Join(' ', found.Tokens));
            Compare(wrong, text, item.GetProperty("decoded").GetString()!, tokenizer.Decode(ids));
            Compare(wrong, text, item.GetProperty("decoded").GetString()!, Streamed(tokenizer, ids));
            Assert.Equal(found.Ids, tokenizer.Encode(text, addSpecialTokens: false).Ids);
            Assert.All(found.Offsets, range => Assert.InRange(range.Start, 0, range.End));
            Assert.All(found.Offsets, range => Assert.InRange(range.End, range.Start, text.Length));
            count++;
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ of {count} texts:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(count > 100);
    }

    private static string Streamed(Tokenizer tokenizer, int[] ids)
    {
        StreamingDecoder decoder = tokenizer.StartDecoding();
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            text.Append(decoder.Append(id));
        }
        return text.Append(decoder.Finish()).ToString();
    }

    private static void Compare(List<string> wrong, string text, string expected, string found)
    {
        if (expected != found)
        {
            wrong.Add($"{JsonSerializer.Serialize(text)}: {JsonSerializer.Serialize(expected)} " +
                $"but {JsonSerializer.Serialize(found)}");
        }
    }
}
