using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.SentencePiece;
using Xunit;
using static GpuTransformer.Tests.Tokenizers.SentencePieceBuilder;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>What SentencePiece's own definitions say of models that are small enough to follow by hand.</summary>
public sealed class SentencePieceModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheHighestSumOfScoresWins()
    {
        Tokenizer tokenizer = Load(Unigram().Letters("abc", -5).Piece("ab", -4).Piece("bc", -3).Piece("abc", -9));
        Assert.Equal(["a", "bc"], tokenizer.Encode("abc").Tokens);
        // Of equal sums the one counts whose last piece began first.
        tokenizer = Load(Unigram().Letters("abc", -5).Piece("ab", -3).Piece("bc", -3));
        Assert.Equal(["a", "bc"], tokenizer.Encode("abc").Tokens);
    }

    [Fact]
    public void TheHighestScoreMergesFirstAndTheLeftmostOfEquals()
    {
        Tokenizer tokenizer = Load(Bpe().Letters("abc").Piece("ab", -2).Piece("bc", -1).Piece("aa", -3));
        Assert.Equal(["a", "bc"], tokenizer.Encode("abc").Tokens);
        Assert.Equal(["aa", "a", "ab"], tokenizer.Encode("aaaab").Tokens);
        Assert.Equal(["aa", "aa", "a"], tokenizer.Encode("aaaaa").Tokens);
        Assert.Equal(["aa", "ab"], tokenizer.Encode("aaab").Tokens);
    }

    [Theory]
    [InlineData(SentencePieceKind.Unigram)]
    [InlineData(SentencePieceKind.Bpe)]
    [InlineData(SentencePieceKind.Character)]
    public void UserDefinedPiecesAreCutOutWhole(object kind)
    {
        Tokenizer tokenizer = Load(new SentencePieceBuilder((SentencePieceKind)kind).Plain().Letters("abx")
            .Piece("xab", 0, PieceType.UserDefined).Piece("xa", 0, PieceType.UserDefined)
            .Normalizer(Bytes(2, CharsMap('x', "b"))));
        // The longest one that begins somewhere; the character map leaves it as it is.
        Assert.Equal(["a", "xab", "b", "xa"], tokenizer.Encode("axabxxa").Tokens);
    }

    [Fact]
    public void UnusedPiecesComeApartAgain()
    {
        Tokenizer bpe = Load(Bpe().Letters("abc").Piece("ab", -1, PieceType.Unused).Piece("abc", -2, PieceType.Unused));
        Assert.Equal(["a", "b", "c", "a", "b"], bpe.Encode("abcab").Tokens);
        bpe = Load(Bpe().Letters("abc").Piece("ab", -1, PieceType.Unused).Piece("abc", -2));
        Assert.Equal(["abc", "a", "b"], bpe.Encode("abcab").Tokens);
        Tokenizer unigram = Load(Unigram().Letters("ab", -5).Piece("ab", -1, PieceType.Unused));
        Assert.Equal(["a", "b"], unigram.Encode("ab").Tokens);
        // An unused letter is unknown.
        Assert.Equal([0], Load(Unigram().Letters("a").Piece("b", -1, PieceType.Unused)).Encode("b").Ids);
    }

    [Fact]
    public void SpacesArePutInFrontTakenOutOrPutAtTheEnd()
    {
        const string Text = "  a  b ";
        Assert.Equal("\u2581a\u2581b", Joined(Unigram(plain: false), Text));
        Assert.Equal("\u2581\u2581a\u2581\u2581b\u2581", Joined(Unigram(), Text));
        Assert.Equal("\u2581\u2581\u2581a\u2581\u2581b\u2581", Joined(Unigram(plain: false).Normalizer(Number(4, 0)), Text));
        Assert.Equal("a\u2581b", Joined(Unigram(plain: false).Normalizer(Number(3, 0)), Text));
        Assert.Equal("a\u2581b\u2581", Joined(Unigram(plain: false).Trainer(Number(24, 1)), Text));
        Assert.Equal("  a  b ", Joined(Unigram().Normalizer(Number(5, 0)), Text));
        Assert.Equal("", Joined(Unigram(plain: false), "   "));
        Assert.Equal("", Joined(Unigram(plain: false), ""));
    }

    [Fact]
    public void OffsetsAreWhereTheLettersStand()
    {
        Tokenization found = Load(Unigram(plain: false).Letters("\u2581ab")).Encode("  a  \U0001F600b");
        Assert.Equal(["\u2581", "a", "\u2581", "\U0001F600", "b"], found.Tokens);
        Assert.Equal([(2, 2), (2, 3), (3, 5), (5, 7), (7, 8)], found.Offsets);
    }

    [Fact]
    public void WordsAndLettersAreModelsToo()
    {
        Tokenizer words = Load(new SentencePieceBuilder(SentencePieceKind.Word).Piece("\u2581the", -1).Piece("\u2581cat", -2));
        Assert.Equal([1, 2, 0], words.Encode("the cat sat").Ids);
        Assert.Equal(["\u2581the", "\u2581cat", "\u2581sat"], words.Encode("the cat sat").Tokens);
        Tokenizer letters = Load(new SentencePieceBuilder(SentencePieceKind.Character).Letters("\u2581ab"));
        Assert.Equal([1, 2, 3, 0, 2], letters.Encode("abxya").Ids);
        Assert.Equal(["\u2581", "a", "b", "xy", "a"], letters.Encode("abxya").Tokens);
    }

    [Fact]
    public void WhatIsUnknownIsASignOrItsBytes()
    {
        Tokenizer unknown = Load(Unigram(plain: false).Letters("\u2581a").Piece("</s>", 0, PieceType.Control));
        int[] ids = unknown.Encode("a\u00e9\U0001F600a").Ids;
        Assert.Equal([1, 2, 0, 2], ids);
        Assert.Equal("a \u2047 a", unknown.Decode([.. ids, 3], skipSpecialTokens: false));
        Tokenizer named = Load(Unigram(plain: false).Letters("\u2581a").Trainer(Bytes(44, "?"u8.ToArray())));
        Assert.Equal("a?a", named.Decode(ids));
        Tokenizer bytes = Load(Unigram(plain: false).Letters("\u2581a").ByteFallback());
        ids = bytes.Encode("a\u00e9").Ids;
        Assert.Equal(["\u2581", "a", "<0xC3>", "<0xA9>"], bytes.Encode("a\u00e9").Tokens);
        Assert.Equal([(0, 0), (0, 1), (1, 2), (1, 2)], bytes.Encode("a\u00e9").Offsets);
        Assert.Equal("a\u00e9", bytes.Decode(ids));
    }

    [Theory]
    [InlineData("<0xC3>", "\uFFFD")]
    [InlineData("<0xC3> a", "\uFFFDa")]
    [InlineData("<0xE2> <0x82> <0xC3> <0xA9>", "\uFFFD\uFFFD\u00e9")]
    [InlineData("<0xF0> <0x9F> <0x98> <0x80> <0xFF>", "\U0001F600\uFFFD")]
    [InlineData("<0xED> <0xA0> <0x80>", "\uFFFD\uFFFD\uFFFD")]
    [InlineData("<0x00> \u2581a", "\0 a")]
    [InlineData("\u2581 \u2581a", "a")]
    [InlineData("<s> \u2581a \u2581a", "a a")]
    public void BytesAreReadLetterByLetter(string pieces, string expected)
    {
        Tokenizer tokenizer = Load(Unigram(plain: false).Letters("\u2581a").Piece("\u2581a", -1).Piece("<s>", 0, PieceType.Control).ByteFallback());
        int[] ids = [.. pieces.Split(' ').Select(piece => tokenizer.TokenToId(piece)!.Value)];
        Assert.Equal(expected, tokenizer.Decode(ids));
        StreamingDecoder decoder = tokenizer.StartDecoding();
        Assert.Equal(expected, string.Concat(ids.Select(decoder.Append)) + decoder.Finish());
    }

    [Fact]
    public void OnlyTheSpaceThatWasPutInFrontIsLeftOut()
    {
        Tokenizer kept = Load(Unigram(plain: false).Normalizer(Number(4, 0)).Letters("\u2581a"));
        Assert.Equal("  a", kept.Decode(kept.Encode("  a").Ids));
        Tokenizer plain = Load(Unigram().Letters("\u2581a"));
        Assert.Equal("  a", plain.Decode(plain.Encode("  a").Ids));
    }

    [Fact]
    public void DecodedTextIsRewrittenWhereTheFileSaysSo()
    {
        SentencePieceBuilder builder = Unigram().Letters("ax");
        builder.Tail = [
            .. Bytes(2, Number(3, 1)), .. Bytes(3, [.. Number(3, 0), .. Number(4, 0)]),
            .. Bytes(5, [.. Bytes(2, CharsMap('x', "yes")), .. Number(3, 0), .. Number(4, 0), .. Number(5, 0)])];
        Tokenizer tokenizer = Load(builder);
        Assert.Equal("ayesa", tokenizer.Decode(tokenizer.Encode("axa").Ids));
    }

    private static string Joined(SentencePieceBuilder builder, string text)
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, builder.Letters("\u2581 ab").Build());
        try
        {
            return string.Concat(SentencePieceTokenizer.Load(path).Encode(text).Tokens);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static SentencePieceBuilder Unigram(bool plain = true) =>
        plain ? new SentencePieceBuilder(SentencePieceKind.Unigram).Plain() : new SentencePieceBuilder(SentencePieceKind.Unigram);

    private static SentencePieceBuilder Bpe() => new SentencePieceBuilder(SentencePieceKind.Bpe).Plain();

    private Tokenizer Load(SentencePieceBuilder builder) => SentencePieceTokenizer.Load(_folder.Write("spiece.model", builder.Build()));
}
