using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Folders as OPUS-MT publishes them, put together from recorded SentencePiece models: pieces are theirs, ids are
/// those of vocab.json.</summary>
public sealed class MarianTokenizerTests
{
    private const string Text = "Viet Nam is a country, text with words inside.";

    [SkippableFact]
    public void PiecesAreThoseOfTheSourceAndIdsThoseOfTheVocabulary()
    {
        using var folder = new TemporaryFolder();
        Tokenizer source = Pieces("sentencepiece-unigram");
        Dictionary<string, int> ids = Write(folder, source, Pieces("sentencepiece-bpe"));
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Tokenization found = tokenizer.Encode(Text);
        string[] pieces = [.. source.Encode(Text).Tokens, "</s>"];
        Assert.Equal(pieces, found.Tokens);
        Assert.Equal(pieces.Select(piece => ids[piece]), found.Ids);
        Assert.Equal(found.Ids[..^1], tokenizer.Encode(Text, addSpecialTokens: false).Ids);
        Assert.Equal(Text, tokenizer.Decode(found.Ids));
        Assert.Equal([.. found.Ids[..^1], .. found.Ids], tokenizer.Encode(Text, Text).Ids);
    }

    [SkippableFact]
    public void ATextMayBeginWithALanguage()
    {
        using var folder = new TemporaryFolder();
        Dictionary<string, int> ids = Write(folder, Pieces("sentencepiece-unigram"), Pieces("sentencepiece-bpe"));
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([ids[">>fra<<"], .. tokenizer.Encode(Text).Ids], tokenizer.Encode($">>fra<< {Text}").Ids);
        Assert.Equal(ids["<unk>"], tokenizer.Encode("\u1ec7").Ids[^2]);
    }

    [SkippableFact]
    public void PiecesOfEitherLanguageAreWrittenAsText()
    {
        using var folder = new TemporaryFolder();
        Tokenizer target = Pieces("sentencepiece-bpe");
        Dictionary<string, int> ids = Write(folder, Pieces("sentencepiece-unigram"), target);
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        int[] written = [.. target.Encode(Text).Tokens.Select(piece => ids[piece])];
        Assert.Equal(Text, tokenizer.Decode([ids["<pad>"], .. written, ids["</s>"]]));
        StreamingDecoder stream = tokenizer.StartDecoding();
        Assert.Equal(Text, string.Concat(written.Append(ids["\u2581"]).Select(stream.Append)) + stream.Finish());
    }

    [SkippableFact]
    public void EachLanguageMayHaveAVocabularyOfItsOwn()
    {
        using var folder = new TemporaryFolder();
        Tokenizer source = Pieces("sentencepiece-unigram");
        Tokenizer target = Pieces("sentencepiece-bpe");
        Write(folder, source, target);
        Dictionary<string, int> ids = Numbered(target);
        folder.Write("target_vocab.json", JsonSerializer.Serialize(ids));
        folder.Write("tokenizer_config.json", """{"separate_vocabs": true}""");
        Tokenizer reader = MarianTokenizer.LoadSource(folder.Path);
        Tokenizer writer = MarianTokenizer.LoadTarget(folder.Path);
        Assert.Equal(Text, reader.Decode(reader.Encode(Text).Ids));
        Assert.Equal([.. target.Encode(Text).Tokens.Select(piece => ids[piece]), ids["</s>"]], writer.Encode(Text).Ids);
        Assert.Equal(Text, writer.Decode(writer.Encode(Text).Ids));
    }

    [SkippableFact]
    public void AVocabularyWithoutAStopTokenIsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        Dictionary<string, int> ids = Write(folder, Pieces("sentencepiece-unigram"), Pieces("sentencepiece-bpe"));
        ids.Remove("</s>");
        folder.Write("vocab.json", JsonSerializer.Serialize(ids));
        var error = Assert.Throws<InputException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains("the eos_token \"</s>\" is not in the vocabulary", error.Message, StringComparison.Ordinal);
        ids["</s>"] = ids["<unk>"];
        folder.Write("vocab.json", JsonSerializer.Serialize(ids));
        Assert.Throws<InputException>(() => Tokenizer.Load(folder.Path));
    }

    private static Tokenizer Pieces(string kind) => Tokenizer.Load(Fixtures.Folder($"tokenizers/{kind}"));

    private static Dictionary<string, int> Write(TemporaryFolder folder, Tokenizer source, Tokenizer target)
    {
        folder.Write("source.spm", File.ReadAllBytes(Path.Combine(Fixtures.Folder("tokenizers/sentencepiece-unigram"), "spiece.model")));
        folder.Write("target.spm", File.ReadAllBytes(Path.Combine(Fixtures.Folder("tokenizers/sentencepiece-bpe"), "spiece.model")));
        Dictionary<string, int> ids = Numbered(source, target);
        folder.Write("vocab.json", JsonSerializer.Serialize(ids));
        return ids;
    }

    /// <summary>A number for each piece, in an order of its own; the languages after them.</summary>
    private static Dictionary<string, int> Numbered(params Tokenizer[] models)
    {
        var pieces = models.SelectMany(m => Enumerable.Range(0, m.IdLimit).Select(id => m.IdToToken(id)!))
            .Concat(["</s>", "<unk>", "<pad>", ">>fra<<"]).Distinct().ToArray();
        new Random(2).Shuffle(pieces);
        return pieces.Select((piece, id) => (piece, id)).ToDictionary(p => p.piece, p => p.id);
    }
}
