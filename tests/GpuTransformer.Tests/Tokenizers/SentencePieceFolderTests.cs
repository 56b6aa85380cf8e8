using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.SentencePiece;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>A SentencePiece model beside tokenizer_config.json: whose tokenizer it is decides what stands around a
/// text.</summary>
public sealed class SentencePieceFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void T5EndsEachTextAndCountsExtraTokensDown()
    {
        Tokenizer tokenizer = Load("spiece.model", ["<pad>", "</s>"], unknownFirst: false, """{"tokenizer_class":"T5Tokenizer","extra_ids":2}""");
        // <pad> </s> <unk> _ a b _a: 0 to 6, then <extra_id_1> and <extra_id_0>.
        Assert.Equal([6, 5, 1], tokenizer.Encode("ab").Ids);
        Assert.Equal([6, 1, 6, 5, 1], tokenizer.Encode("a", "ab").Ids);
        Assert.Equal([0, 0, 0, 0, 0], tokenizer.Encode("a", "ab").TypeIds);
        Assert.Equal([6, 8, 6, 7, 1], tokenizer.Encode("a<extra_id_0>a<extra_id_1>").Ids);
        Assert.Equal("ab", tokenizer.Decode([6, 5, 8, 1]));
        Assert.Equal(9, tokenizer.IdLimit);
    }

    [Fact]
    public void LlamaBeginsEachText()
    {
        Tokenizer tokenizer = Load("tokenizer.model", ["<s>", "</s>"], unknownFirst: true, """{"tokenizer_class":"LlamaTokenizerFast"}""");
        Assert.Equal([1, 6, 5], tokenizer.Encode("ab").Ids);
        Assert.Equal([1, 6, 2, 6], tokenizer.Encode("a</s>a").Ids);
        tokenizer = Load("tokenizer.model", ["<s>", "</s>"], unknownFirst: true,
            """{"tokenizer_class":"LlamaTokenizer","add_bos_token":false,"add_eos_token":true}""");
        Assert.Equal([6, 5, 2], tokenizer.Encode("ab").Ids);
    }

    [Fact]
    public void XlmRobertaNumbersPiecesAsFairseqDid()
    {
        Tokenizer tokenizer = Load(
            "sentencepiece.bpe.model", ["<s>", "</s>"], unknownFirst: true, """{"tokenizer_class":"XLMRobertaTokenizer"}""");
        // <s> <pad> </s> <unk>, then _ a b _a from 4 on, then <mask>.
        Assert.Equal([0, 7, 6, 3, 2], tokenizer.Encode("abx").Ids);
        Assert.Equal([0, 7, 2, 2, 7, 2], tokenizer.Encode("a", "a").Ids);
        Assert.Equal([0, 7, 8, 2], tokenizer.Encode("a <mask>").Ids);
        Assert.Equal(["<s>", "\u2581a", " <mask>", "</s>"], tokenizer.Encode("a <mask>").Tokens);
        Assert.Equal("ab", tokenizer.Decode([0, 7, 6, 2]));
    }

    [Fact]
    public void AModelAloneAddsNothingAndAnotherClassIsNamed()
    {
        Assert.Equal([6, 5], Load("spiece.model", ["<s>", "</s>"], unknownFirst: true, """{"model_max_length":512}""").Encode("ab").Ids);
        HostileRun.MustRefuse(
            () => Load("spiece.model", ["<s>", "</s>"], unknownFirst: true, """{"tokenizer_class":"PegasusTokenizer"}"""), 4000,
            "tokenizer_class", "PegasusTokenizer", "T5Tokenizer");
    }

    private Tokenizer Load(string name, string[] control, bool unknownFirst, string settings)
    {
        var builder = new SentencePieceBuilder(SentencePieceKind.Unigram, withUnknown: unknownFirst);
        foreach (string mark in control)
        {
            builder.Piece(mark, 0, PieceType.Control);
        }
        if (!unknownFirst)
        {
            builder.Piece("<unk>", 0, PieceType.Unknown);
        }
        _folder.Write(name, builder.Letters("\u2581ab", -5).Piece("\u2581a", -1).Build());
        _folder.Write("tokenizer_config.json", settings);
        return Tokenizer.Load(_folder.Path);
    }
}
