using System.Text;
using System.Text.Json;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Recorded answers of Hugging Face's tokenizers: every case of every kind that is supported.</summary>
public sealed class TokenizerFixtureTests
{
    public static TheoryData<string> Kinds =>
    [
        "albert", "bert-uncased", "bert-cased", "clip", "gemma", "gpt2", "llama2", "llama3", "mixed-pieces", "qwen2", "roberta",
        "smollm2", "t5", "whisper", "word-level",
    ];

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void EveryTextGivesTheRecordedIdsAndBack(string kind)
    {
        (Tokenizer tokenizer, JsonElement recorded) = Load(kind);
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement item in recorded.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = Ints(item.GetProperty("ids"));
            Compare(wrong, text, "ids", ids, tokenizer.Encode(text).Ids);
            Compare(wrong, text, "plain_ids", Ints(item.GetProperty("plain_ids")), tokenizer.Encode(text, false).Ids);
            Compare(wrong, text, "decoded", item.GetProperty("decoded").GetString()!, tokenizer.Decode(ids));
            count++;
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ of {count}:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(count > 100);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void OffsetsAreThoseRecorded(string kind)
    {
        (Tokenizer tokenizer, JsonElement recorded) = Load(kind);
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement item in recorded.GetProperty("cases").EnumerateArray())
        {
            if (item.TryGetProperty("offsets", out JsonElement offsets))
            {
                string text = item.GetProperty("text").GetString()!;
                int[] expected = [.. offsets.EnumerateArray().SelectMany(Ints)];
                int[] found = [.. tokenizer.Encode(text).Offsets
                    .SelectMany(range => new[] { CodePoints(text, range.Start), CodePoints(text, range.End) })];
                Compare(wrong, text, "offsets", expected, found);
                count++;
            }
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ of {count}:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(count > 50);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void PairsAndTruncationAreThoseRecorded(string kind)
    {
        (Tokenizer tokenizer, JsonElement recorded) = Load(kind);
        var wrong = new List<string>();
        foreach (JsonElement item in recorded.GetProperty("pairs").EnumerateArray())
        {
            ComparePair(wrong, item, tokenizer);
        }
        Tokenizer cut = tokenizer.With(new TruncationOptions(10), padding: null);
        int count = 0;
        foreach (JsonElement item in recorded.GetProperty("truncated_to_10").EnumerateArray())
        {
            ComparePair(wrong, item, cut);
            count++;
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
        Assert.True(count > 10);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void StreamingGivesTheSameTextInWholeLetters(string kind)
    {
        (Tokenizer tokenizer, JsonElement recorded) = Load(kind);
        foreach (JsonElement item in recorded.GetProperty("cases").EnumerateArray())
        {
            int[] ids = Ints(item.GetProperty("ids"));
            string whole = item.GetProperty("decoded").GetString()!;
            StreamingDecoder decoder = tokenizer.StartDecoding();
            var streamed = new StringBuilder();
            foreach (int id in ids)
            {
                string part = decoder.Append(id);
                Assert.Equal(part, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(part)));
                streamed.Append(part);
                Assert.StartsWith(streamed.ToString(), whole, StringComparison.Ordinal);
            }
            Assert.Equal(whole, streamed.Append(decoder.Finish()).ToString());
        }
    }

    private static void ComparePair(List<string> wrong, JsonElement item, Tokenizer tokenizer)
    {
        string first = item.GetProperty("first").GetString()!;
        Tokenization found = item.TryGetProperty("second", out JsonElement second) && second.GetString() is { } text
            ? tokenizer.Encode(first, text)
            : tokenizer.Encode(first);
        Compare(wrong, first, "ids", Ints(item.GetProperty("ids")), found.Ids);
        Compare(wrong, first, "type_ids", Ints(item.GetProperty("type_ids")), found.TypeIds);
        if (item.TryGetProperty("mask", out JsonElement mask))
        {
            Compare(wrong, first, "mask", Ints(mask), found.SpecialMask);
        }
    }

    private static (Tokenizer Tokenizer, JsonElement Recorded) Load(string kind)
    {
        string folder = Fixtures.Folder($"tokenizers/{kind}");
        string source = kind == "whisper" ? Fixtures.Shared("real/whisper-tiny.en") : folder;
        byte[] cases = File.ReadAllBytes(Path.Combine(folder, "cases.json"));
        return (Tokenizer.Load(source), JsonDocument.Parse(cases).RootElement);
    }

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];

    private static int CodePoints(string text, int units) => text.AsSpan(0, units).ToString().EnumerateRunes().Count();

    private static void Compare(List<string> wrong, string text, string what, int[] expected, int[] found)
    {
        if (!expected.SequenceEqual(found))
        {
            wrong.Add($"{what} of {JsonSerializer.Serialize(text)}: [{string.Join(',', expected)}] " +
                $"but [{string.Join(',', found)}]");
        }
    }

    private static void Compare(List<string> wrong, string text, string what, string expected, string found)
    {
        if (expected != found)
        {
            wrong.Add($"{what} of {JsonSerializer.Serialize(text)}: {JsonSerializer.Serialize(expected)} " +
                $"but {JsonSerializer.Serialize(found)}");
        }
    }
}
