using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.SentencePiece;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Long texts without spaces: near linear time, on a stack that does not grow with them.</summary>
public sealed class SentencePieceScaleTests : IDisposable
{
    private const int LongestPiece = 256;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(SentencePieceKind.Unigram, "a")]
    [InlineData(SentencePieceKind.Bpe, "a")]
    [InlineData(SentencePieceKind.Bpe, "\u00e9")]
    [InlineData(SentencePieceKind.Unigram, "\U0001F600")]
    [InlineData(SentencePieceKind.Bpe, " ")]
    [InlineData(SentencePieceKind.Bpe, "\u0301")]
    public void AMillionOfOneLetterWorkOnASmallStack(object kind, string letter)
    {
        Tokenizer tokenizer = Load((SentencePieceKind)kind);
        string text = string.Concat(Enumerable.Repeat(letter, 1_000_000 / letter.Length));
        int[] ids = [];
        (Exception? error, _) = HostileRun.Measure(() => ids = tokenizer.Encode(text).Ids);
        Assert.Null(error);
        if (letter == "a")
        {
            Assert.InRange(ids.Length, 1_000_000 / LongestPiece, 1_000_000 / LongestPiece + 20);
        }
    }

    [Theory]
    [InlineData(SentencePieceKind.Unigram, "a")]
    [InlineData(SentencePieceKind.Bpe, "a")]
    [InlineData(SentencePieceKind.Bpe, "the cat ")]
    [InlineData(SentencePieceKind.Unigram, "the cat ")]
    [InlineData(SentencePieceKind.Bpe, "x\u00e9")]
    public void TextCostsNearLinearTime(object kind, string part)
    {
        Tokenizer tokenizer = Load((SentencePieceKind)kind);
        Scaling.OfTime(
            n =>
            {
                string text = string.Concat(Enumerable.Repeat(part, n / part.Length));
                return () => tokenizer.Encode(text);
            },
            25_000);
    }

    [Fact]
    public void PiecesThatAreTakenApartNeedNoStack()
    {
        // Each piece is made of the one before and a letter; none is used.
        var builder = new SentencePieceBuilder(SentencePieceKind.Bpe).Plain().Letters("a");
        for (int length = 2; length <= 1024; length++)
        {
            builder.Piece(new string('a', length), -length, PieceType.Unused);
        }
        Tokenizer tokenizer = SentencePieceTokenizer.Load(_folder.Write("spiece.model", builder.Build()));
        int[] ids = [];
        (Exception? error, _) = HostileRun.Measure(() => ids = tokenizer.Encode(new string('a', 1024)).Ids);
        Assert.Null(error);
        Assert.Equal(1024, ids.Length);
    }

    private Tokenizer Load(SentencePieceKind kind)
    {
        var builder = new SentencePieceBuilder(kind).Plain().Letters("athec\u2581\u0301");
        for (int length = 2; length <= LongestPiece; length *= 2)
        {
            builder.Piece(new string('a', length), -1 - 1f / length);
            builder.Piece(new string('\u0301', length), -1 - 1f / length);
        }
        builder.Piece("th", -3).Piece("the", -2).Piece("\u2581c", -4);
        return SentencePieceTokenizer.Load(_folder.Write("spiece.model", builder.Build()));
    }
}
