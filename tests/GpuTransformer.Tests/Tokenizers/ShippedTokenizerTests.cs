using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>The tokenizers of the models that the program ships, against the answers recorded with them.</summary>
public sealed class ShippedTokenizerTests
{
    [Fact]
    public void VerseIsEncodedAndDecodedAsRecorded()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));
        Assert.Equal(2048, tokenizer.IdLimit);
        int count = 0;
        foreach (JsonElement item in Expected("gpt2-shakespeare").GetProperty("cases").EnumerateArray())
        {
            string prompt = item.GetProperty("prompt").GetString()!;
            Assert.Equal(Ints(item.GetProperty("prompt_ids")), tokenizer.Encode(prompt).Ids);
            int[] ids = Ints(item.GetProperty("greedy_ids"));
            Assert.Equal(item.GetProperty("greedy_text").GetString(), tokenizer.Decode(ids, skipSpecialTokens: false));
            count++;
        }
        Assert.Equal(3, count);
    }

    [Fact]
    public void SentencesAreEncodedAsRecorded()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("bert-shakespeare"));
        int count = 0;
        foreach (JsonElement item in Expected("bert-shakespeare").GetProperty("cases").EnumerateArray())
        {
            Tokenization found = tokenizer.Encode(item.GetProperty("text").GetString()!);
            Assert.Equal(Ints(item.GetProperty("ids")), found.Ids);
            Assert.Equal(item.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()), found.Tokens);
            Assert.Equal("[MASK]", found.Tokens[item.GetProperty("mask_at").GetInt32()]);
            count++;
        }
        Assert.Equal(5, count);
    }

    [Fact]
    public void VocabularyTextGivesTheSameTokenizer()
    {
        string model = Fixtures.Model("bert-shakespeare");
        string folder = Directory.CreateTempSubdirectory("gputx-test-").FullName;
        try
        {
            File.Copy(Path.Combine(model, "vocab.txt"), Path.Combine(folder, "vocab.txt"));
            Tokenizer byDefault = Tokenizer.Load(folder);
            File.Copy(Path.Combine(model, "tokenizer_config.json"), Path.Combine(folder, "tokenizer_config.json"));
            Tokenizer bySettings = Tokenizer.Load(folder);
            Tokenizer reference = Tokenizer.Load(model);
            foreach (string text in new[]
            {
                "Good [MASK], my lord; what's your will?", "naïve café — 中文 x²", "antidisestablishmentarianism", "",
                "[CLS] [SEP] [PAD] [UNK]", "\U0001F600 \u0130\u00df\u200b\u0000x", new string('a', 101),
            })
            {
                int[] expected = reference.Encode(text).Ids;
                Assert.Equal(expected, byDefault.Encode(text).Ids);
                Assert.Equal(expected, bySettings.Encode(text).Ids);
                Assert.Equal(reference.Decode(expected), byDefault.Decode(expected));
                Assert.Equal(reference.Encode(text, text).TypeIds, byDefault.Encode(text, text).TypeIds);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("g2p")]
    [InlineData("g2p-nat")]
    public void WordsBecomeLettersAndIdsBecomePhonemes(string model)
    {
        ModelConfig config = ModelConfig.Load(Fixtures.Model(model));
        CharacterTokenizer letters = CharacterTokenizer.Source(config);
        CharacterTokenizer phonemes = CharacterTokenizer.Target(config);
        JsonElement expected = Expected(model);
        Assert.Equal(Ints(expected.GetProperty("probe").GetProperty("source")), letters.Encode("attention").Ids);
        Assert.Equal(letters.Encode("o'neill").Ids, letters.Encode("O'Neill").Ids);
        Assert.Equal("o'neill", letters.Decode(letters.Encode("O'Neill").Ids));
        foreach (JsonElement item in expected.GetProperty("phonemes").EnumerateArray())
        {
            string text = item.GetString()!;
            int[] ids = phonemes.Encode(text).Ids;
            Assert.Equal(text.Split(' ').Length + 2, ids.Length);
            Assert.Equal((phonemes.Start, phonemes.Stop), (ids[0], ids[^1]));
            Assert.Equal(text, phonemes.Decode(ids));
        }
        Assert.Equal((30, 72), (letters.IdLimit, phonemes.IdLimit));
    }

    [Theory]
    [InlineData("naïve", "\"ï\" at place 2")]
    [InlineData("a b", "\" \" at place 1")]
    [InlineData("x\U0001F600", "at place 1")]
    [InlineData("7", "\"7\"")]
    public void ALetterThatTheModelNeverSawIsNamed(string word, string mention)
    {
        CharacterTokenizer letters = CharacterTokenizer.Source(ModelConfig.Load(Fixtures.Model("g2p")));
        Assert.Contains(mention, Assert.Throws<InputException>(() => letters.Encode(word)).Message);
    }

    [Theory]
    [InlineData("AH0 QQ")]
    [InlineData("<s>")]
    [InlineData("ah0 ")]
    public void ANameThatIsNoPhonemeIsRefused(string text)
    {
        CharacterTokenizer phonemes = CharacterTokenizer.Target(ModelConfig.Load(Fixtures.Model("g2p")));
        Assert.Throws<InputException>(() => phonemes.Encode(text));
    }

    [Theory]
    [InlineData("""{"source_vocabulary": ["a", "a", "b"], "pad": 0, "start": 1, "stop": 2}""", "source_vocabulary[1]")]
    [InlineData("""{"source_vocabulary": ["a", "b", "c"], "pad": 0, "start": 1, "stop": 3}""", "stop")]
    [InlineData("""{"source_vocabulary": ["a", "b", "c"], "pad": 0, "start": 1, "stop": 1}""", "three different ids")]
    [InlineData("""{"source_vocabulary": [], "pad": 0, "start": 1, "stop": 2}""", "pad")]
    [InlineData("""{"pad": 0, "start": 1, "stop": 2}""", "source_vocabulary")]
    public void ABrokenVocabularyIsNamed(string json, string mention) => Assert.Contains(
        mention, Assert.Throws<InputException>(() => CharacterTokenizer.Source(ModelConfig.Parse(json))).Message);

    [Fact]
    public void StreamedLettersAreWhole()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));
        const string Text = "e\u0301 中 \U0001F3F3\uFE0F\u200D\U0001F308 \U0001D4D0!";
        int[] ids = tokenizer.Encode(Text).Ids;
        StreamingDecoder decoder = tokenizer.StartDecoding();
        var streamed = new StringBuilder();
        int silent = 0;
        foreach (int id in ids)
        {
            string part = decoder.Append(id);
            Assert.DoesNotContain('\uFFFD', part);
            Assert.True(part.Length == 0 || !char.IsLowSurrogate(part[0]));
            Assert.True(part.Length == 0 || !char.IsHighSurrogate(part[^1]));
            silent += part.Length == 0 ? 1 : 0;
            streamed.Append(part);
        }
        Assert.Equal(Text, streamed.ToString());
        Assert.Equal("", decoder.Finish());
        Assert.True(silent > 5, "no letter lay in several tokens");
    }

    [Fact]
    public void BytesThatNeverBecomeALetterComeOutAtTheEnd()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));
        int[] ids = tokenizer.Encode("\U0001F600").Ids;
        Assert.Equal(4, ids.Length);
        StreamingDecoder decoder = tokenizer.StartDecoding();
        Assert.Equal("", decoder.Append(ids[0]) + decoder.Append(ids[1]) + decoder.Append(ids[2]));
        Assert.Equal("\uFFFD", decoder.Finish());
        Assert.Equal("\uFFFDa", tokenizer.Decode([ids[0], ids[1], .. tokenizer.Encode("a").Ids]));
        Assert.Equal("", tokenizer.Decode([-1, 99_999, int.MaxValue]));
    }

    [Fact]
    public void OneTokenizerServesManyThreads()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("bert-shakespeare"));
        string text = string.Concat(Enumerable.Repeat("Où est le café, Ångström? ", 50));
        int[] expected = tokenizer.Encode(text).Ids;
        Parallel.For(0, 16, _ => Assert.Equal(expected, tokenizer.Encode(text).Ids));
    }

    private static JsonElement Expected(string model) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures.Model(model), "expected.json"))).RootElement;

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];
}
