using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Tokenizer files and texts that have broken other readers: errors of ours, near-linear time, a small stack,
/// memory bounded by the file's size.</summary>
public sealed class TokenizerHostileTests : IDisposable
{
    // A file of every kind of part, small enough to be altered many times.
    private const string Whole = """
        {"version":"1.0","truncation":{"direction":"Right","max_length":8,"strategy":"LongestFirst","stride":2},
        "padding":{"strategy":"BatchLongest","direction":"Left","pad_to_multiple_of":4,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"},
        "added_tokens":[{"id":6,"content":"<s>","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"special":true},
        {"id":7,"content":"xb","single_word":true,"lstrip":false,"rstrip":false,"normalized":true,"special":false}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":"\\s+|[^a-z](?=x)"},"content":" "},{"type":"Lowercase"},{"type":"Prepend","prepend":"_"},{"type":"Strip","strip_left":true,"strip_right":true}]},
        "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":" ?\\p{L}{1,3}+|(?i:'s)|\\d*?"},"behavior":"MergedWithNext","invert":false},{"type":"Punctuation","behavior":"Contiguous"},{"type":"FixedLength","length":3},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]},
        "post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[6],"tokens":["<s>"]}}}]},
        "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"_"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]},
        "model":{"type":"BPE","dropout":null,"unk_token":"?","continuing_subword_prefix":"","end_of_word_suffix":"$","fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
        "vocab":{"?":0,"a":1,"b":2,"ab":3,"\u0120":4,"\u0120a":5,"<0x41>":8},"merges":[["a","b"],["\u0120","a"]]}}
        """;

    private static readonly string[] Texts = ["", "Ab  <s> x1's \u00E9\U0001F600", "a<s>ab ab", "\uD800\0 '", "   "];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheFileThatIsAlteredWorks()
    {
        Tokenizer tokenizer = TokenizerFile.Load(_folder.Write("tokenizer.json", Whole));
        Assert.Equal("<s>", tokenizer.Encode("ab <s> xb").Tokens[0]);
        Assert.All(Texts, text => tokenizer.Decode(tokenizer.Encode(text, text).Ids));
    }

    [Fact]
    public void AnAlteredFileGivesOnlyErrorsOfOurs()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Whole);
        Prop.ForAll(ArbMap.Default.ArbFor<(int At, byte Value, int Kind)[]>(), changes => Survives(Altered(whole, changes)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void AFileCutAtAnyByteIsRefused()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Whole);
        for (int length = 0; length < whole.Length; length += 7)
        {
            byte[] cut = whole[..length];
            Assert.ThrowsAny<GpuTransformerException>(() => TokenizerFile.Read(new JsonObject(cut, "tokenizer.json")));
        }
    }

    /// <summary>Values that are swapped for others of their kind: each either works or is an error of ours.</summary>
    [Theory]
    [InlineData("\"stride\":2", "\"stride\":8")]
    [InlineData("\"stride\":2", "\"stride\":7")]
    [InlineData("\"max_length\":8", "\"max_length\":0")]
    [InlineData("\"length\":3", "\"length\":0")]
    [InlineData("\"start\":1", "\"start\":1000000000")]
    [InlineData("\"stop\":1", "\"stop\":1000000000")]
    [InlineData("\"ids\":[6]", "\"ids\":[6,7]")]
    [InlineData("{\"id\":\"<s>\",\"type_id\":0}", "{\"id\":\"<x>\",\"type_id\":0}")]
    [InlineData("\"pad_to_multiple_of\":4", "\"pad_to_multiple_of\":0")]
    [InlineData("\"pad_to_multiple_of\":4", "\"pad_to_multiple_of\":2000000000")]
    [InlineData("\"pad_id\":0", "\"pad_id\":-1")]
    [InlineData("\"\\u0120a\":5", "\"\\u0120a\":2147483648")]
    [InlineData("\"\\u0120a\":5", "\"\\u0120a\":2000000000")]
    [InlineData("[\"a\",\"b\"]", "[\"a\",\"a\"]")]
    [InlineData("[\"a\",\"b\"]", "[\"ab\",\"b\"]")]
    [InlineData("\"dropout\":null", "\"dropout\":0.5")]
    [InlineData("\"dropout\":null", "\"dropout\":1e999")]
    [InlineData("{1,3}+", "{1,3}+)*)+")]
    [InlineData("\\\\s+|[^a-z](?=x)", "(a+)+")]
    [InlineData("\\\\s+|[^a-z](?=x)", "(a*)*")]
    [InlineData("\"end_of_word_suffix\":\"$\"", "\"end_of_word_suffix\":\"\\u0000\"")]
    [InlineData("\"content\":\"xb\"", "\"content\":\"\"")]
    [InlineData("\"content\":\"xb\"", "\"content\":\"\\ud800\"")]
    [InlineData("\"content\":\"xb\"", "\"content\":\"<s>\"")]
    public void ASettingThatIsSwappedIsNoCrash(string from, string to)
    {
        string swapped = Whole.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Whole, swapped);
        Survives(Encoding.UTF8.GetBytes(swapped));
    }

    [Theory]
    [InlineData("\"stride\":8", "stride")]
    [InlineData("\"stride\":1000", "stride")]
    public void AStrideThatDoesNotFitIsRefusedAtOnce(string stride, string mention)
    {
        string json = Whole.Replace("\"stride\":2", stride, StringComparison.Ordinal);
        string path = _folder.Write("tokenizer.json", json);
        Exception? error = HostileRun.Measure(() => TokenizerFile.Load(path)).Error;
        Assert.Contains(mention, Assert.IsType<InputException>(error).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData("merges")]
    [InlineData("added")]
    [InlineData("pattern")]
    public void FamiliesCostNearLinearMemory(string family) => Scaling.OfAllocation(
        n =>
        {
            byte[] json = Encoding.UTF8.GetBytes(Family(family, n));
            return () => TokenizerFile.Read(new JsonObject(json, "tokenizer.json"));
        },
        1500);

    [Theory]
    [InlineData("tokens")]
    [InlineData("merges")]
    [InlineData("added")]
    [InlineData("pattern")]
    public void FamiliesCostNearLinearTime(string family) => Scaling.OfTime(
        n =>
        {
            byte[] json = Encoding.UTF8.GetBytes(Family(family, n));
            return () => TokenizerFile.Read(new JsonObject(json, "tokenizer.json"));
        },
        family == "pattern" ? 180 : 1500);

    /// <summary>Ids that are all multiples of a large number, whose own hash would put them all into one place.</summary>
    [Fact]
    public void ChosenIdsDoNotSlowDownReading() => Scaling.OfTime(
        n =>
        {
            string vocabulary = string.Join(',', Enumerable.Range(0, n).Select(i => $"\"t{i}\":{i * 65536}"));
            byte[] json = Encoding.UTF8.GetBytes(
                $$$"""{"version":"1.0","model":{"type":"BPE","vocab":{{{{vocabulary}}}},"merges":[]}}""");
            return () => TokenizerFile.Read(new JsonObject(json, "tokenizer.json"));
        },
        2000);

    /// <summary>A text of special tokens, or of what looks like them, where none may be.</summary>
    [Theory]
    [InlineData("<|endoftext|>")]
    [InlineData("<|endoftext")]
    [InlineData("<")]
    public void SpecialTokensInATextCostNearLinearTime(string part)
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));
        Scaling.OfTime(
            n =>
            {
                string text = string.Concat(Enumerable.Repeat(part, n));
                return () => tokenizer.Encode(text, new EncodeOptions { AllowSpecial = false });
            },
            2000);
    }

    private static string Family(string family, int n)
    {
        string vocabulary = "\"a\":0";
        string merges = "";
        string added = "";
        string pattern = "a";
        switch (family)
        {
            case "tokens":
                vocabulary = string.Join(',', Enumerable.Range(0, n).Select(i => $"\"token {i}\":{i}"));
                break;
            case "merges":
                vocabulary = string.Join(',', Enumerable.Range(0, n).Select(i => $"\"{i}\":{3 * i},\"x{i}\":{3 * i + 1},\"{i}x{i}\":{3 * i + 2}"));
                merges = string.Join(',', Enumerable.Range(0, n).Select(i => $"[\"{i}\",\"x{i}\"]"));
                break;
            case "added":
                added = string.Join(',', Enumerable.Range(0, n).Select(i => $$"""
                    {"id":{{i + 1}},"content":"<{{i}}>","single_word":false,"lstrip":false,"rstrip":false,"normalized":{{(i % 2 == 0 ? "true" : "false")}},"special":true}
                    """));
                break;
            default:
                pattern = string.Join('|', Enumerable.Range(0, n / 2).Select(i => $"{(char)('a' + i % 26)}+"));
                break;
        }
        return $$$"""
            {"version":"1.0","added_tokens":[{{{added}}}],
            "pre_tokenizer":{"type":"Split","pattern":{"Regex":"{{{pattern}}}"},"behavior":"Isolated","invert":false},
            "model":{"type":"BPE","vocab":{{{{vocabulary}}}},"merges":[{{{merges}}}]}}
            """;
    }

    private static byte[] Altered(byte[] whole, (int At, byte Value, int Kind)[] changes)
    {
        List<byte> bytes = [.. whole];
        foreach ((int at, byte value, int kind) in changes)
        {
            int place = (int)((uint)at * 2654435761 % (uint)bytes.Count);
            switch ((uint)kind % 4)
            {
                case 0:
                    bytes[place] = value;
                    break;
                case 1:
                    bytes[place] = (byte)"0129[]{}\"\\,:-.ea"[value % 16];
                    break;
                case 2:
                    bytes.RemoveAt(place);
                    break;
                default:
                    bytes.InsertRange(place, bytes.GetRange(place, Math.Min(value % 32, bytes.Count - place)));
                    break;
            }
        }
        return [.. bytes];
    }

    private static void Survives(byte[] json)
    {
        Exception? error = HostileRun.Measure(() =>
        {
            Tokenizer tokenizer = TokenizerFile.Read(new JsonObject(json, "tokenizer.json"));
            foreach (string text in Texts)
            {
                Tokenization found = tokenizer.Encode(text);
                Assert.All(found.Offsets, range => Assert.InRange(range.End, range.Start, text.Length));
                tokenizer.Decode(found.Ids);
                tokenizer.Encode(text, new EncodeOptions { AllowSpecial = false }, "b");
            }
            if (tokenizer.StoredTruncation is { MaxLength: < 1000 } truncation)
            {
                tokenizer.With(truncation, tokenizer.StoredPadding is { Length: < 1000, MultipleOf: < 1000 } padding ? padding : null)
                    .EncodeWindows("ab ab ab ab x", "c");
            }
        }).Error;
        Assert.True(error is null or GpuTransformerException, error?.ToString());
    }
}
