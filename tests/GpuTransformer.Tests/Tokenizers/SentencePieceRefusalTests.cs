using FsCheck;
using FsCheck.Fluent;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.SentencePiece;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>SentencePiece models from a stranger: nothing past the end is read, nothing runs away, what is wrong is
/// named.</summary>
public sealed class SentencePieceRefusalTests : IDisposable
{
    private const string Name = "spiece.model";

    // A piece of a few bytes becomes a string, an entry of two tables and nodes of a tree.
    private const long BytesForAByte = 48;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(new byte[] { 0x0A }, "a piece at byte 1: 1 bytes are needed, 0 are left")]
    [InlineData(new byte[] { 0x0A, 5, 1, 2 }, "a piece at byte 2: 5 bytes are needed, 2 are left")]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 }, "18446744073709551615 bytes are needed")]
    [InlineData(new byte[] { 0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1 }, "more than 64 bits")]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2 }, "more than 64 bits")]
    [InlineData(new byte[] { 0x0A, 2, 0x0A, 5 }, "an unknown field at byte 4: 5 bytes are needed, 0 are left")]
    [InlineData(new byte[] { 0x0B, 1 }, "a field's key at byte 1")]
    [InlineData(new byte[] { 0x02, 0 }, "a field's key at byte 1")]
    [InlineData(new byte[] { 0x08, 1 }, "a piece at byte 1: expected Bytes, found Varint")]
    [InlineData(new byte[] { 0x31, 1, 2, 3 }, "8 bytes are needed, 3 are left")]
    [InlineData(new byte[] { 0x35, 1, 2, 3 }, "4 bytes are needed, 3 are left")]
    [InlineData(new byte[] { }, "found 0 pieces, no trainer_spec, no normalizer_spec")]
    public void ABrokenMessageIsNamed(byte[] file, string mention) => MustRefuse(file, mention);

    [Theory]
    [InlineData("", "pieces[1].piece", "found 0")]
    [InlineData("a\0b", "pieces[1].piece", "other than NUL")]
    [InlineData("<unk>", null, null)]
    [InlineData("long", "a piece's text", "at most 4096 letters, found 100001 bytes")]
    public void APieceThatIsWrongIsNamed(string piece, string? first, string? second)
    {
        byte[] file = Small().Piece(piece == "long" ? new string('a', 100_001) : piece, -1).Build();
        if (first is null)
        {
            // Named like the unknown piece, but found in text.
            Assert.Equal(3, Load(file).IdLimit);
            return;
        }
        MustRefuse(Begin().Piece(piece == "long" ? new string('a', 100_001) : piece, -1).Build(), first, second!);
    }

    [Fact]
    public void WhatPiecesAreIsChecked()
    {
        MustRefuse(Begin().Letters("aa").Build(), "pieces[2]: \"a\" is there already");
        MustRefuse(Begin().Piece("<s>", 0, PieceType.Control).Piece("<s>", 0, PieceType.Control).Build(), "\"<s>\" is there already");
        MustRefuse(Begin().Piece("<u>", 0, PieceType.Unknown).Build(), "pieces[1]: a second unknown piece");
        MustRefuse(new SentencePieceBuilder(SentencePieceKind.Bpe, withUnknown: false).Letters("a").Build(), "none of them is the unknown one");
        MustRefuse(Begin().Build(), "none of them is found in text");
        MustRefuse(Begin().Letters("a").Piece("<0x41>", 0, PieceType.Byte).Build(), "trainer_spec.byte_fallback is false");
        MustRefuse(Begin().Piece("<0xZZ>", 0, PieceType.Byte).Trainer(SentencePieceBuilder.Number(35, 1)).Build(), "<0x00> to <0xFF>");
        MustRefuse(Begin().Piece("<0x-1>", 0, PieceType.Byte).Trainer(SentencePieceBuilder.Number(35, 1)).Build(), "<0x00> to <0xFF>");
        MustRefuse(Begin().Letters("a").Trainer(SentencePieceBuilder.Number(35, 1)).Build(), "the piece <0x00> is missing");
        MustRefuse(Begin().Piece([.. SentencePieceBuilder.Bytes(1, [0xC3])]).Build(), "a piece's text", "UTF-8");
        MustRefuse(Begin().Piece([.. SentencePieceBuilder.Bytes(1, "a"u8.ToArray()), .. SentencePieceBuilder.Number(3, 7)]).Build(),
            "a piece's type", "expected 1 to 6, found 7");
        MustRefuse(Begin().Piece("a", float.NaN).Build(), "pieces[1].score", "finite");
        MustRefuse(Begin().Letters("a").Trainer(SentencePieceBuilder.Number(3, 5)).Build(), "trainer_spec.model_type", "1 to 4");
        MustRefuse(Begin().Letters("a").Trainer(SentencePieceBuilder.Bytes(35, [1])).Build(), "trainer_spec.byte_fallback", "expected Varint");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ACharsMapOfAFewBytesIsNamed(int length) =>
        MustRefuse(WithMap(new byte[length]), "normalizer_spec.precompiled_charsmap", "trie size at byte 0: 4 bytes are needed");

    [Fact]
    public void ACharsMapThatLeadsOutIsNamed()
    {
        const string Map = "normalizer_spec.precompiled_charsmap";
        byte[] good = SentencePieceBuilder.CharsMap('x', "yes");
        Assert.Equal([1, 2, 3], Load(WithMap(good)).Encode("x").Ids);
        MustRefuse(WithMap([0, 0, 0, 0, 1]), Map, "multiple of 4 above 0, found 0");
        MustRefuse(WithMap([5, 0, 0, 0, 1, 2, 3, 4, 5]), Map, "multiple of 4 above 0, found 5");
        MustRefuse(WithMap([8, 0, 0, 0, 1, 2, 3, 4]), Map, "8 bytes are needed, 4 are left");
        MustRefuse(WithMap([0xFC, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]), Map, "4294967292 bytes are needed");
        MustRefuse(WithMap(SentencePieceBuilder.CharsMap('x', "yes", valueOfKey: 4)), Map, "its text begins at byte 4 of 4");
        MustRefuse(WithMap(SentencePieceBuilder.CharsMap('x', "yes", valueOfKey: 1u << 30)), Map, "its text begins at byte 1073741824");
        MustRefuse(WithMap(SentencePieceBuilder.CharsMap('x', "yes", offsetOfRoot: 1u << 20)), Map, "its offset leads to unit 1048576 of 1024");
        MustRefuse(WithMap(SentencePieceBuilder.CharsMap('x', new string('y', 1025))), Map, "longer than 1024 bytes");
        MustRefuse(WithMap([.. good, 0xFF]), Map, "UTF-8");
        // Every unit leads to every other, round and round.
        uint[] circle = [.. Enumerable.Range(0, 256).Select(unit => (uint)unit)];
        _ = Load(WithMap(SentencePieceBuilder.CharsMap(circle, "yes"))).Encode("xyz \u00e9\U0001F600");
    }

    [Theory]
    [InlineData(SentencePieceKind.Unigram)]
    [InlineData(SentencePieceKind.Bpe)]
    public void ATruncatedFileIsRefusedWhereverItEnds(object kind)
    {
        byte[] file = Real((SentencePieceKind)kind);
        for (int length = 0; length < file.Length; length++)
        {
            byte[] cut = file[..length];
            string message = Assert.Throws<InputException>(() => Load(cut)).Message;
            Assert.StartsWith(_folder.File(Name), message, StringComparison.Ordinal);
        }
        Load(file);
    }

    [Theory]
    [InlineData(SentencePieceKind.Unigram)]
    [InlineData(SentencePieceKind.Bpe)]
    public void AnAlteredByteIsRefusedOrHarmless(object kind)
    {
        byte[] file = Real((SentencePieceKind)kind);
        for (int at = 0; at < file.Length; at++)
        {
            foreach (byte value in new byte[] { 0, 0x80, (byte)(file[at] ^ 9) })
            {
                byte[] altered = [.. file];
                altered[at] = value;
                Survives(altered);
            }
        }
    }

    [Fact]
    public void MutatedFilesAreRefusedOrHarmless()
    {
        byte[] file = Real(SentencePieceKind.Unigram);
        Gen<byte[]> mutated =
            from edits in Gen.Choose(1, 6)
            from places in Gen.Choose(0, file.Length - 1).ArrayOf(edits)
            from values in Gen.Choose(0, 255).ArrayOf(edits)
            from cut in Gen.Choose(0, 40)
            select Mutate(file, places, values, cut);
        Prop.ForAll(Arb.From(mutated), Survives).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Theory]
    [InlineData(SentencePieceKind.Unigram)]
    [InlineData(SentencePieceKind.Bpe)]
    public void MemoryIsBoundedByTheFile(object kind)
    {
        var builder = new SentencePieceBuilder((SentencePieceKind)kind);
        for (int i = 0; i < 30_000; i++)
        {
            builder.Piece(SentencePieceBuilder.Bytes(1, System.Text.Encoding.UTF8.GetBytes(((char)(0x4E00 + i % 20_000)).ToString() + (char)('a' + i / 20_000))));
        }
        byte[] file = builder.Build();
        string path = _folder.Write(Name, file);
        (Exception? error, long allocated) = HostileRun.Measure(() => SentencePieceTokenizer.Load(path));
        Assert.Null(error);
        Assert.True(allocated <= 64 * 1024 + BytesForAByte * file.Length, $"{allocated} bytes for a file of {file.Length}");
    }

    private void Survives(byte[] file)
    {
        string path = _folder.Write(Name, file);
        (Exception? error, long allocated) = HostileRun.Measure(() =>
        {
            Tokenizer tokenizer = SentencePieceTokenizer.Load(path);
            int[] ids = tokenizer.Encode("the cat \u2581 x\u00e9\U0001F600 <s>").Ids;
            tokenizer.Decode(ids);
        });
        Assert.True(error is null or InputException, error?.ToString());
        Assert.True(error is null || error.Message.StartsWith(path, StringComparison.Ordinal), error?.Message);
        // Half a megabyte is for the words that a tokenizer remembers.
        Assert.True(allocated <= 512 * 1024 + BytesForAByte * file.Length, $"{allocated} bytes for a file of {file.Length}");
    }

    private static byte[] Mutate(byte[] file, int[] places, int[] values, int cut)
    {
        byte[] mutated = [.. file];
        for (int i = 0; i < places.Length; i++)
        {
            mutated[places[i]] = (byte)values[i];
        }
        return cut < 20 ? mutated : mutated[..(mutated.Length * (cut - 20) / 20)];
    }

    // Every kind of piece, bytes, a character map.
    private static byte[] Real(SentencePieceKind kind) => new SentencePieceBuilder(kind)
        .Piece("<s>", 0, PieceType.Control).Piece("[X]", 0, PieceType.UserDefined).Piece("at", -3, PieceType.Unused)
        .Letters("theca\u2581\u00e9").Piece("th", -1).Piece("the", -2).Piece("\u2581the", -3)
        .Normalizer(SentencePieceBuilder.Bytes(2, SentencePieceBuilder.CharsMap([.. Units()], "th")))
        .Build();

    private static IEnumerable<uint> Units()
    {
        // One key, "x", as short as a trie can be.
        var units = new uint[256];
        units['x'] = 'x' | 1u << 8 | (uint)('x' ^ 1) << 10;
        units[1] = 1u << 31;
        return units;
    }

    private static SentencePieceBuilder Begin() => new(SentencePieceKind.Unigram);

    private static SentencePieceBuilder Small() => Begin().Letters("a");

    private static byte[] WithMap(byte[] map) => Begin().Letters("yes").Plain()
        .Normalizer(SentencePieceBuilder.Bytes(2, map)).Build();

    private Tokenizer Load(byte[] file) => SentencePieceTokenizer.Load(_folder.Write(Name, file));

    private void MustRefuse(byte[] file, params string[] mentions)
    {
        string path = _folder.Write(Name, file);
        HostileRun.MustRefuse(() => SentencePieceTokenizer.Load(path), file.Length, [path, .. mentions]);
    }
}
