using System.Text.Json;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>vocab.json with merges.txt gives what the tokenizer.json gives that they were taken from.</summary>
public sealed class MergesFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("gpt2", null)]
    [InlineData("gpt2", """{"tokenizer_class":"GPT2Tokenizer"}""")]
    [InlineData("roberta", """{"tokenizer_class":"RobertaTokenizer"}""")]
    [InlineData("roberta", null)]
    [InlineData("qwen2", """{"tokenizer_class":"Qwen2Tokenizer"}""")]
    public void EveryTextIsCutAsByTokenizerJson(string kind, string? settings)
    {
        string fixture = Fixtures.Folder($"tokenizers/{kind}");
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(fixture, "tokenizer.json")));
        Write(file.RootElement, settings, namesSpecial: kind == "roberta" && settings is null);
        Tokenizer tokenizer = Tokenizer.Load(_folder.Path);
        Tokenizer reference = Tokenizer.Load(fixture);
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(fixture, "cases.json")));
        int count = 0;
        foreach (JsonElement item in cases.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            Tokenization expected = reference.Encode(text, text);
            Tokenization found = tokenizer.Encode(text, text);
            Assert.Equal(expected.Ids, found.Ids);
            Assert.Equal(expected.TypeIds, found.TypeIds);
            Assert.Equal(expected.Offsets, found.Offsets);
            Assert.Equal(reference.Decode(expected.Ids), tokenizer.Decode(found.Ids));
            count++;
        }
        Assert.True(count > 100);
    }

    [Fact]
    public void TheStartTokenIsAddedWhenAskedFor()
    {
        Write("""{"a":0,"b":1,"ab":2,"<|endoftext|>":3}""", "#version: 0.2\na b\n", """{"add_bos_token":true}""");
        Tokenizer tokenizer = Tokenizer.Load(_folder.Path);
        Assert.Equal([3, 2, 0], tokenizer.Encode("aba").Ids);
        Assert.Equal([3, 0, 3, 1], tokenizer.Encode("a", "b").Ids);
        Assert.Equal([3], tokenizer.Encode("<|endoftext|>", addSpecialTokens: false).Ids);
    }

    [Fact]
    public void AddedTokensOfTheFolderAreFound()
    {
        Write("""{"a":0,"b":1,"ab":2}""", "a b", """
            {"added_tokens_decoder":{"3":{"content":"<x>","special":true,"lstrip":false},"4":{"content":"<y>","lstrip":true}}}
            """);
        _folder.Write("added_tokens.json", """{"<x>":3,"<z>":7}""");
        Tokenizer tokenizer = Tokenizer.Load(_folder.Path);
        Assert.Equal([0, 3, 2, 4, 7], tokenizer.Encode("a<x>ab  <y><z>").Ids);
        Assert.Equal("aab<y><z>", tokenizer.Decode([0, 3, 2, 4, 7]));
    }

    [Fact]
    public void ANamedTokenThatIsInNoVocabularyGetsTheNextId()
    {
        Write("""{"a":0,"b":1,"ab":2}""", "a b", """{"pad_token":"[PAD]","tokenizer_class":"RobertaTokenizer"}""");
        Tokenizer tokenizer = Tokenizer.Load(_folder.Path);
        Assert.Equal([3, 2, 4], tokenizer.Encode("ab").Ids);
        Assert.Equal("[PAD]", tokenizer.IdToToken(6));
        Assert.Equal("<mask>", tokenizer.IdToToken(7));
    }

    [Theory]
    [InlineData("a b c", "merges.txt: line 1: expected two tokens")]
    [InlineData("#version: 0.2\na b\nab\n", "merges.txt: line 3: expected two tokens")]
    [InlineData("a b\n\na b", "merges.txt: line 2: expected two tokens")]
    [InlineData("b c", "merges[0]: \"c\" is not in the vocabulary")]
    public void WrongMergesAreNamed(string merges, string mention)
    {
        Write("""{"a":0,"b":1,"ab":2}""", merges, null);
        HostileRun.MustRefuse(() => Tokenizer.Load(_folder.Path), 64, mention);
    }

    [Theory]
    [InlineData("""{"tokenizer_class":"CLIPTokenizer"}""", "tokenizer_class: expected with vocab.json and merges.txt alone one of GPT2Tokenizer")]
    [InlineData("""{"tokenizer_class":"GPT2Tokenizer","bos_token":7}""", "bos_token: expected a string")]
    [InlineData("""{"added_tokens_decoder":{"2147483647":{"content":"<x>"}}}""", "added_tokens_decoder: 2147483647: expected an id")]
    [InlineData("""{"added_tokens_decoder":{"x":{"content":"<x>"}}}""", "added_tokens_decoder: x: expected an id")]
    public void WrongSettingsAreNamed(string settings, string mention)
    {
        Write("""{"a":0,"b":1,"ab":2}""", "a b", settings);
        HostileRun.MustRefuse(() => Tokenizer.Load(_folder.Path), 200, mention);
    }

    private void Write(JsonElement file, string? settings, bool namesSpecial)
    {
        JsonElement model = file.GetProperty("model");
        string merges = string.Join('\n', model.GetProperty("merges").EnumerateArray().Select(merge =>
            merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}"));
        Write(model.GetProperty("vocab").GetRawText(), "#version: 0.2\n" + merges + "\n", settings);
        if (namesSpecial)
        {
            _folder.Write("special_tokens_map.json", """
                {"cls_token":"<s>","sep_token":{"content":"</s>"},"bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>",
                "pad_token":"<pad>","mask_token":{"content":"<mask>","lstrip":true}}
                """);
        }
        else if (file.GetProperty("added_tokens").GetArrayLength() is > 0 and < 4)
        {
            _folder.Write("added_tokens.json", JsonSerializer.Serialize(file.GetProperty("added_tokens").EnumerateArray()
                .ToDictionary(token => token.GetProperty("content").GetString()!, token => token.GetProperty("id").GetInt32())));
        }
    }

    private void Write(string vocabulary, string merges, string? settings)
    {
        _folder.Write("vocab.json", vocabulary);
        _folder.Write("merges.txt", merges);
        if (settings is not null)
        {
            _folder.Write("tokenizer_config.json", settings);
        }
    }
}
