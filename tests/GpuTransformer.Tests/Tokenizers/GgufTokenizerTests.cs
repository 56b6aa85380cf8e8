using System.Runtime.InteropServices;
using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tests.Weights.Gguf;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.SentencePiece;
using GpuTransformer.Tokenizers.Text;
using GpuTransformer.Weights.Gguf;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>The tokenizer inside a GGUF file gives what the tokenizer gives that it was made from.</summary>
public sealed class GgufTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void ARealFileAgreesWithItsTokenizerJson()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Shared("real/smollm2"));
        using JsonDocument expected = Read(Path.Combine(Fixtures.Shared("real/smollm2"), "expected.json"));
        foreach (JsonElement item in expected.RootElement.GetProperty("cases").EnumerateArray())
        {
            Assert.Equal(Ints(item.GetProperty("prompt_ids")), tokenizer.Encode(item.GetProperty("prompt").GetString()!).Ids);
            Assert.Equal(
                item.GetProperty("text").GetString(),
                tokenizer.Decode(Ints(item.GetProperty("greedy_ids")), skipSpecialTokens: false));
        }
        AgreesWith(tokenizer, "smollm2");
    }

    [SkippableTheory]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("qwen2", "qwen2")]
    [InlineData("llama3", "llama-bpe")]
    [InlineData("smollm2", "smollm")]
    public void BytePairsAgreeWithTokenizerJson(string kind, string pre) =>
        AgreesWith(Written(BytePairs(kind, pre)), kind);

    [SkippableFact]
    public void PiecesByScoreAgreeWithTokenizerJson()
    {
        using JsonDocument file = Read(Path.Combine(Fixtures.Folder("tokenizers/llama2"), "tokenizer.json"));
        (string[] tokens, int[] types) = Tokens(file);
        // The fixture's merges are in the order of the tokens that they make.
        float[] scores = [.. tokens.Select((token, id) => types[id] == 1 && token.Length > 1 ? -id : types[id] == 1 ? -1e6f : 0)];
        AgreesWith(Written(Begin("llama", tokens, types).Array(
            "tokenizer.ggml.scores", GgufValueType.F32, (ulong)scores.Length, Bytes(scores))), "llama2");
    }

    [SkippableTheory]
    [InlineData("sentencepiece-bpe", "llama")]
    [InlineData("sentencepiece-unigram", "t5")]
    public void PiecesAgreeWithTheSentencePieceModel(string kind, string model)
    {
        string path = Path.Combine(Fixtures.Folder($"tokenizers/{kind}"), "spiece.model");
        SentencePieceSpec spec = SentencePieceFile.Load(path);
        Tokenizer tokenizer = Written(Begin(model, spec.Pieces, [.. spec.Types.Select(type => (int)type)])
            .Array("tokenizer.ggml.scores", GgufValueType.F32, (ulong)spec.Scores.Length, Bytes(spec.Scores))
            .Array("tokenizer.ggml.precompiled_charsmap", GgufValueType.I8, (ulong)spec.Normalizer.CharsMap.Length, spec.Normalizer.CharsMap)
            .Flag("tokenizer.ggml.add_space_prefix", spec.Normalizer.AddDummyPrefix)
            .Flag("tokenizer.ggml.remove_extra_whitespaces", spec.Normalizer.RemoveExtraWhitespaces));
        Tokenizer alone = SentencePieceTokenizer.Load(path);
        int count = 0;
        foreach (string text in Texts(kind))
        {
            if (model == "llama" && spec.Normalizer.CharsMap.Length > 0)
            {
                break;
            }
            // Marks such as <s> are found in text here; a SentencePiece model alone finds none.
            int[] ids = alone.Encode(text).Ids;
            Assert.Equal(ids, tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = false, AllowSpecial = false }).Ids);
            Assert.Equal(alone.Decode(ids), tokenizer.Decode(ids, skipSpecialTokens: false));
            count++;
        }
        Assert.True(count > 100);
        int[] around = tokenizer.Encode("a").Ids;
        Assert.Equal(model == "llama" ? [1, .. alone.Encode("a").Ids] : [.. alone.Encode("a").Ids, 1], around);
    }

    [Fact]
    public void MarksStandAroundATextWhereTheFileWantsThem()
    {
        string[] tokens = ["<s>", "</s>", "a", "b"];
        Tokenizer tokenizer = Written(Begin("gpt2", tokens, [3, 3, 1, 1]).Texts("tokenizer.ggml.merges")
            .Text("tokenizer.ggml.pre", "gpt-2").Flag("tokenizer.ggml.add_bos_token", true)
            .Flag("tokenizer.ggml.add_eos_token", true).UInt32("tokenizer.ggml.bos_token_id", 0)
            .UInt32("tokenizer.ggml.eos_token_id", 1));
        Assert.Equal([0, 2, 3, 1], tokenizer.Encode("ab").Ids);
        Assert.Equal([0, 2, 1, 0, 3, 1], tokenizer.Encode("a", "b").Ids);
        Assert.Equal([2, 1], tokenizer.Encode("a</s>", addSpecialTokens: false).Ids);
        Assert.Equal("ab", tokenizer.Decode([0, 2, 3, 1]));
    }

    [Theory]
    [InlineData("default", "a1234 b's\n", "123", 3)]
    [InlineData("gpt-2", "a1234 b's\n", " b", 2)]
    [InlineData("smollm", "a12 b", "2", 1)]
    [InlineData("llama-bpe", "a1234", "123", 3)]
    [InlineData("qwen2", "a12!\n", "!\n", 2)]
    [InlineData("qwen35", "a\u0903\u0903b", "a\u0903\u0903b", 8)]
    [InlineData("falcon", "a1234$ b", "$", 1)]
    [InlineData("deepseek-coder", "a\nb 12\u4e2d", "\u4e2d", 3)]
    [InlineData("deepseek-v3", "!ab 1234", "!ab", 3)]
    [InlineData("poro-chat", "ab, c", " c", 2)]
    [InlineData("viking", "ab 12", "2", 1)]
    [InlineData("tekken", "aBc/ 1\n", "Bc", 2)]
    [InlineData("gpt-4o", "aBc's 1234\n", "Bc's", 4)]
    [InlineData("bailingmoe", "a12!\n", "!\n", 2)]
    [InlineData("seed-coder", "a12!\n", "!", 1)]
    [InlineData("minicpm5", "a1234!\n", "123", 3)]
    public void EveryKindOfCutCoversTheText(string pre, string text, string piece, int bytes)
    {
        // Each byte a token; the piece that the pattern must cut out is one more, which takes merges from its left.
        string[] letters = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).ToString())];
        string spelled = string.Concat(System.Text.Encoding.UTF8.GetBytes(piece).Select(value => letters[value]));
        Assert.Equal(bytes, spelled.Length);
        string[] starts = [.. Enumerable.Range(2, Math.Max(0, bytes - 1)).Select(length => spelled[..length])];
        Tokenizer tokenizer = Written(Begin("gpt2", [.. letters, .. starts.Distinct()], [.. Enumerable.Repeat(1, 256 + starts.Distinct().Count())])
            .Text("tokenizer.ggml.pre", pre).Flag("tokenizer.ggml.add_bos_token", false)
            .Texts("tokenizer.ggml.merges", [.. starts.Select(start => $"{start[..^1]} {start[^1]}")]));
        Tokenization found = tokenizer.Encode(text);
        Assert.Contains(spelled, found.Tokens);
        Assert.Equal(text, tokenizer.Decode(found.Ids));
    }

    [Fact]
    public void WordPieceIsSpelledBack()
    {
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2581play", "ing", "\u2581the"];
        Tokenizer tokenizer = Written(Begin("bert", tokens, [3, 2, 3, 3, 1, 1, 1])
            .UInt32("tokenizer.ggml.cls_token_id", 2).UInt32("tokenizer.ggml.seperator_token_id", 3)
            .UInt32("tokenizer.ggml.unknown_token_id", 1));
        Assert.Equal([2, 6, 4, 5, 1, 3], tokenizer.Encode("The playing xyz").Ids);
        Assert.Equal("the playing", tokenizer.Decode([2, 6, 4, 5, 3]));
    }

    [Theory]
    [InlineData("model", "rwkv", "tokenizer.ggml.model: expected gpt2, llama, t5 or bert, found \"rwkv\"")]
    [InlineData("pre", "kimi-k2", "tokenizer.ggml.pre: expected one of default", "found \"kimi-k2\"")]
    [InlineData("tokens", "twice", "tokenizer.ggml.tokens[3]", "\"a\", which is token 2")]
    [InlineData("types", "short", "tokenizer.ggml.token_type: expected 4 items, found 3")]
    [InlineData("types", "seven", "tokenizer.ggml.token_type[3]", "found 7")]
    [InlineData("merges", "c d", "merges[0]", "\"c\" is not in the vocabulary")]
    [InlineData("merges", "cd", "tokenizer.ggml.merges[0]: expected two tokens")]
    [InlineData("merges", "", "tokenizer.ggml.merges[0]: expected two tokens")]
    [InlineData("start", "9", "tokenizer.ggml.bos_token_id: expected a whole number from 0 to 3, found 9")]
    [InlineData("start", "", "add_bos_token is true, but tokenizer.ggml.bos_token_id is missing")]
    public void AWrongTokenizerIsNamed(string what, string value, params string[] mentions)
    {
        string[] tokens = what == "tokens" ? ["<s>", "</s>", "a", "a"] : ["<s>", "</s>", "a", "b"];
        int[] types = what != "types" ? [3, 3, 1, 1] : value == "short" ? [3, 3, 1] : [3, 3, 1, 7];
        GgufBuilder file = Begin(what == "model" ? value : "gpt2", tokens, types)
            .Text("tokenizer.ggml.pre", what == "pre" ? value : "gpt-2")
            .Texts("tokenizer.ggml.merges", what == "merges" ? [value] : [])
            .Flag("tokenizer.ggml.add_bos_token", what == "start");
        if (what == "start" && value.Length > 0)
        {
            file.UInt32("tokenizer.ggml.bos_token_id", uint.Parse(value));
        }
        byte[] bytes = file.Build();
        string path = _folder.Write("model.gguf", bytes);
        HostileRun.MustRefuse(() => Tokenizer.Load(path), bytes.Length, [path, .. mentions]);
    }

    [Fact]
    public void ScoresAreOneAToken()
    {
        byte[] bytes = Begin("llama", ["<unk>", "a"], [2, 1])
            .Array("tokenizer.ggml.scores", GgufValueType.I8, 2, [0, 0]).Build();
        string path = _folder.Write("model.gguf", bytes);
        HostileRun.MustRefuse(() => Tokenizer.Load(path), bytes.Length, "tokenizer.ggml.scores", "expected an array of F32");
    }

    private static void AgreesWith(Tokenizer tokenizer, string kind)
    {
        Tokenizer reference = Tokenizer.Load(Fixtures.Folder($"tokenizers/{kind}"));
        int count = 0;
        foreach (string text in Texts(kind))
        {
            int[] ids = reference.Encode(text).Ids;
            Assert.Equal(ids, tokenizer.Encode(text).Ids);
            Assert.Equal(reference.Decode(ids), tokenizer.Decode(ids));
            count++;
        }
        Assert.True(count > 100);
    }

    private static GgufBuilder BytePairs(string kind, string pre)
    {
        using JsonDocument file = Read(Path.Combine(Fixtures.Folder($"tokenizers/{kind}"), "tokenizer.json"));
        (string[] tokens, int[] types) = Tokens(file);
        GgufBuilder gguf = Begin("gpt2", tokens, types).Text("tokenizer.ggml.pre", pre).Texts(
            "tokenizer.ggml.merges",
            [.. file.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(merge =>
                merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}")]);
        return gguf.UInt32("tokenizer.ggml.bos_token_id", 0);
    }

    private static (string[] Tokens, int[] Types) Tokens(JsonDocument file)
    {
        var tokens = new SortedDictionary<int, string>();
        foreach (JsonProperty token in file.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject())
        {
            tokens[token.Value.GetInt32()] = token.Name;
        }
        var special = new HashSet<int>();
        foreach (JsonElement token in file.RootElement.GetProperty("added_tokens").EnumerateArray())
        {
            tokens[token.GetProperty("id").GetInt32()] = token.GetProperty("content").GetString()!;
            special.Add(token.GetProperty("id").GetInt32());
        }
        return ([.. tokens.Values], [.. tokens.Select(token =>
            token.Value == "<unk>" ? 2 : special.Contains(token.Key) ? 3 : token.Value.StartsWith("<0x") && token.Value.Length == 6 ? 6 : 1)]);
    }

    private static GgufBuilder Begin(string model, string[] tokens, int[] types) => new GgufBuilder()
        .Text("general.architecture", "llama")
        .Text("tokenizer.ggml.model", model)
        .Texts("tokenizer.ggml.tokens", tokens)
        .Array("tokenizer.ggml.token_type", GgufValueType.I32, (ulong)types.Length, Bytes(types));

    private static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private Tokenizer Written(GgufBuilder file) => Tokenizer.Load(_folder.Write("model.gguf", file.Build()));

    private static IEnumerable<string> Texts(string kind)
    {
        using JsonDocument cases = Read(Path.Combine(Fixtures.Folder($"tokenizers/{kind}"), "cases.json"));
        return [.. cases.RootElement.GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("text").GetString()!)];
    }

    private static JsonDocument Read(string path) => JsonDocument.Parse(File.ReadAllBytes(path));

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];
}
