using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;
using Xunit;

namespace GpuTransformer.Tests.Weights.Gguf;

/// <summary>What has broken readers of GGUF: each is one error that names the field, and nothing is allocated by a number
/// from the file.</summary>
public sealed class GgufRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(1UL << 62)]
    [InlineData(1317624576693539402UL)] // Times 14 this wraps to 12.
    [InlineData(1UL << 40)]
    [InlineData(4UL)]
    public void CountsThatLie(ulong count)
    {
        MustRefuse(new GgufBuilder { PairCount = count }.UInt32("a", 1).Build(), "metadata count");
        MustRefuse(new GgufBuilder { TensorCount = count }.UInt32("a", 1).Build(), "tensor count");
        MustRefuse(new GgufBuilder { TensorCount = count, PairCount = count }.UInt32("a", 1).Build(), "count");
    }

    [Fact]
    public void CountsThatFitAloneAndNotTogether() =>
        MustRefuse(
            new GgufBuilder { TensorCount = 3, PairCount = 5 }.Pair("a", GgufValueType.Text, GgufBuilder.String(new string('x', 80)))
                .Build(), "3 tensors and 5 pairs");

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(1UL << 30)]
    [InlineData(100UL)]
    public void LengthsOfTextThatLie(ulong length)
    {
        byte[] lie = BitConverter.GetBytes(length);
        MustRefuse(new GgufBuilder().Raw([.. lie, .. new byte[32]]).Build(), "key");
        MustRefuse(new GgufBuilder().Pair("a.b", GgufValueType.Text, [.. lie, .. new byte[32]]).Build(), "string", "\"a.b\"");
        MustRefuse(
            new GgufBuilder().Array("a.b", GgufValueType.Text, 2, [.. GgufBuilder.String("x"), .. lie, .. new byte[32]]).Build(),
            "string", "\"a.b\"");
        MustRefuse(new GgufBuilder { TensorCount = 1 }.UInt32("a", 1).Build()[..37].Concat(lie).Concat(new byte[32]), "tensor name");
    }

    [Fact]
    public void NamesThatAreNone()
    {
        MustRefuse(new GgufBuilder().UInt32("", 1).Build(), "key length", "found 0");
        MustRefuse(new GgufBuilder().UInt32(new string('k', 65_536), 1).Build(), "key length", "65536");
        MustRefuse(new GgufBuilder().Raw([1, 0, 0, 0, 0, 0, 0, 0, 0xff, .. GgufBuilder.Bytes(4), .. new byte[4]]).Build(), "UTF-8");
        MustRefuse(new GgufBuilder().Tensor("", [1], 1).Build(), "tensor name length", "found 0");
        MustRefuse(new GgufBuilder().Tensor(new string('t', 65), [1], 1).Build(), "tensor name length", "65");
    }

    [Theory]
    [InlineData(13u)]
    [InlineData(200u)]
    [InlineData(uint.MaxValue)]
    public void KindsThatAreNone(uint type)
    {
        MustRefuse(new GgufBuilder().Pair("a.b", (GgufValueType)type, new byte[32]).Build(), "value type of \"a.b\"", $"{type}");
        MustRefuse(new GgufBuilder().Array("a.b", (GgufValueType)type, 1, new byte[32]).Build(), "element type of \"a.b\"", $"{type}");
    }

    [Fact]
    public void ArraysOfArraysAndTruthsThatAreNeither()
    {
        byte[] nested = [.. GgufBuilder.Bytes((uint)GgufValueType.U8), .. BitConverter.GetBytes(1UL), 1];
        MustRefuse(new GgufBuilder().Array("a.b", GgufValueType.Array, 1, nested).Build(), "\"a.b\"", "arrays of arrays");
        MustRefuse(new GgufBuilder().Pair("a.b", GgufValueType.Bool, [7]).Build(), "\"a.b\"", "true or false");
        MustRefuse(new GgufBuilder().Array("a.b", GgufValueType.Bool, 3, [0, 1, 2]).Build(), "\"a.b\"", "true or false");
    }

    [Theory]
    [InlineData(GgufValueType.U8)]
    [InlineData(GgufValueType.F32)]
    [InlineData(GgufValueType.I64)]
    [InlineData(GgufValueType.Text)]
    [InlineData(GgufValueType.Bool)]
    public void ArrayCountsThatLie(GgufValueType element)
    {
        foreach (ulong count in new[] { ulong.MaxValue, 1UL << 63, 1UL << 61, 1UL << 60, 1UL << 32, 100UL })
        {
            MustRefuse(new GgufBuilder().Array("a.b", element, count, new byte[64]).Build(), "\"a.b\"");
        }
    }

    [Fact]
    public void GettersRefuseOtherKindsAndCounts()
    {
        byte[] file = new GgufBuilder().UInt32("number", 5).Text("text", "t").Float32("real", float.NaN)
            .Texts("tokens", "a", "b", "c").Array("bytes", GgufValueType.U8, 8, new byte[8])
            .Array("scores", GgufValueType.F32, 2, new byte[8]).Array("types", GgufValueType.U32, 1, [255, 255, 255, 255])
            .Array("bad", GgufValueType.Text, 1, [1, 0, 0, 0, 0, 0, 0, 0, 0xff]).Build();
        MustRefuse(file, m => m.Floats("bytes", 8), "bytes", "an array of F32", "an array of U8");
        MustRefuse(file, m => m.Wholes("bytes", 8), "bytes", "an array of I32", "an array of U8");
        MustRefuse(file, m => m.Floats("scores", 3), "scores", "3 items", "found 2");
        MustRefuse(file, m => m.Wholes("scores"), "scores", "an array of F32");
        MustRefuse(file, m => m.Wholes("types"), "types[0]", "4294967295");
        MustRefuse(file, m => m.Texts("tokens", 4), "tokens", "4 items");
        MustRefuse(file, m => m.Texts("text"), "text", "an array of Text");
        MustRefuse(file, m => m.Texts("bad"), "bad", "UTF-8");
        MustRefuse(file, m => m.Text("number"), "number", "type Text", "type U32");
        MustRefuse(file, m => m.Whole("number", 0, 4), "number", "from 0 to 4", "found 5");
        MustRefuse(file, m => m.Whole("text", 0, 4), "text", "a whole number", "type Text");
        MustRefuse(file, m => m.Number("real"), "real", "a finite number");
        MustRefuse(file, m => m.Number("number"), "number", "a floating-point number", "type U32");
        MustRefuse(file, m => m.Flag("number"), "number", "type Bool");
        MustRefuse(file, m => m.CountOf("number"), "number", "an array");
        MustRefuse(file, m => m.Text("absent"), "\"absent\" is missing");
    }

    [Theory]
    [InlineData("dimension count", 0u)]
    [InlineData("dimension count", 5u)]
    [InlineData("dimension count", 0x80000000u)]
    public void DimensionCounts(string field, uint rank)
    {
        byte[] file = new GgufBuilder().UInt32("a", 1).Tensor("name", [1], 1).Build();
        int at = 24 + 8 + 1 + 8 + 8 + 4;
        GgufBuilder.Bytes(rank).CopyTo(file, at);
        MustRefuse(file, field, "\"name\"");
    }

    [Theory]
    [InlineData(0u, new ulong[] { 0 }, "dimension")]
    [InlineData(0u, new ulong[] { 4, 0 }, "dimension")]
    [InlineData(0u, new[] { ulong.MaxValue }, "dimension")]
    [InlineData(0u, new[] { 1UL << 32, 1UL << 32 }, "over 2^63-1")]
    [InlineData(0u, new[] { (1UL << 63) + 2, 2UL }, "dimension")]
    [InlineData(0u, new[] { 1UL << 31, 1UL << 31, 4UL, 1UL }, "over 2^63-1")]
    [InlineData(0u, new[] { 1UL << 61, 1UL }, "over 2^63-1")] // Elements fit, bytes do not.
    [InlineData(10u, new[] { 1UL << 62, 4UL }, "over 2^63-1")] // Bytes fit, elements do not.
    [InlineData(0u, new[] { 1UL << 40 }, "are left")]
    [InlineData(0u, new[] { 9UL }, "needs 36 bytes, 32 are left")]
    [InlineData(8u, new[] { 31UL }, "block of 32")]
    [InlineData(12u, new[] { 128UL, 2UL }, "block of 256")]
    [InlineData(9u, new[] { 32UL }, "Q8_1 (type 9)")]
    [InlineData(4u, new[] { 32UL }, "type 4")]
    [InlineData(28u, new[] { 1UL }, "F64")]
    [InlineData(uint.MaxValue, new[] { 1UL }, "type 4294967295")]
    public void ShapesAndTypes(uint type, ulong[] sizes, string mention) =>
        MustRefuse(new GgufBuilder().UInt32("a", 1).Tensor("name", type, new byte[32], sizes).Build(), "\"name\"", mention);

    [Fact]
    public void SizesWhoseSumWraps()
    {
        var file = new GgufBuilder().Tensor("a", 1, new byte[32], 1UL << 61).Tensor("b", 1, new byte[32], 1UL << 61);
        MustRefuse(file.Build(), "\"a\"", "are left");
        file.Offsets[1] = 1UL << 62;
        MustRefuse(file.Build(), "are left");
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(64UL)]
    [InlineData(1UL << 40)]
    [InlineData(ulong.MaxValue - 31)]
    [InlineData(1UL << 63)]
    public void Offsets(ulong offset)
    {
        var file = new GgufBuilder().Tensor("a", [1, 2], 2).Tensor("b", [1, 2], 2);
        file.Offsets[0] = offset;
        MustRefuse(file.Build(), "offset");
        file.Offsets.Clear();
        file.Offsets[1] = offset == 64 ? 0 : offset;
        MustRefuse(file.Build(), "offset");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(13u)]
    [InlineData(1u << 21)]
    [InlineData(1u << 31)]
    public void Alignments(uint alignment) =>
        MustRefuse(new GgufBuilder().UInt32("general.alignment", alignment).Build(), "general.alignment", "power of two");

    [Fact]
    public void AnAlignmentOfAnotherKind() =>
        MustRefuse(
            new GgufBuilder().Pair("general.alignment", GgufValueType.I32, BitConverter.GetBytes(32)).Build(),
            "general.alignment", "type U32", "type I32");

    [Fact]
    public void NamesThatStandTwice()
    {
        MustRefuse(new GgufBuilder().UInt32("a.b", 1).UInt32("c", 1).Text("a.b", "x").Build(), "key \"a.b\" stands twice");
        MustRefuse(new GgufBuilder().Tensor("t", [1], 1).Tensor("u", [1], 1).Tensor("t", [1], 1).Build(), "tensor \"t\" stands twice");
    }

    [Fact]
    public void FilesThatAreNone()
    {
        MustRefuse("GGUF"u8.ToArray(), "4 bytes");
        MustRefuse([], "0 bytes");
        MustRefuse(new byte[64], "expected the bytes GGUF");
        MustRefuse("ggjt"u8.ToArray().Concat(new byte[64]), "expected the bytes GGUF", "ggjt");
        MustRefuse(new GgufBuilder { Version = 1 }.Build(), "version", "found 1");
        MustRefuse(new GgufBuilder { Version = 4 }.Build(), "version", "found 4");
        MustRefuse(new GgufBuilder { Version = 3u << 24 }.Build(), "a big-endian file");
        MustRefuse(new GgufBuilder().Tensor("t", [1], 1).Build().Concat(new byte[1]), "holds 33 bytes of data");
    }

    [Theory]
    [InlineData("model-00001-of-00003.gguf")]
    [InlineData("model-00003-of-00003.GGUF")]
    public void PartsOfASplitModelAreRefusedByName(string name)
    {
        string path = _folder.Write(name, new GgufBuilder().Build());
        HostileRun.MustRefuse(() => GgufFile.Open(path).Dispose(), 24, "split");
        GgufFile.Open(_folder.Write("model-00001-of-00001.gguf", new GgufBuilder().Build())).Dispose();
    }

    private void MustRefuse(IEnumerable<byte> file, params string[] mentions)
    {
        byte[] bytes = [.. file];
        string path = _folder.Write("a.gguf", bytes);
        HostileRun.MustRefuse(() => GgufFile.Open(path).Dispose(), bytes.Length, [path, .. mentions]);
    }

    private void MustRefuse(byte[] file, Func<GgufMetadata, object?> read, params string[] mentions)
    {
        string path = _folder.Write("a.gguf", file);
        HostileRun.MustRefuse(
            () =>
            {
                using var open = GgufFile.Open(path);
                _ = read(open.Metadata);
            },
            file.Length,
            [path, .. mentions]);
    }
}
