using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;
using Xunit;

namespace GpuTransformer.Tests.Weights.Gguf;

/// <summary>Metadata of every kind, tensors, and the files of llama.cpp's own converter.</summary>
public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void GettersReadWhatIsThere(uint version)
    {
        using GgufFile file = Open(new GgufBuilder { Version = version }
            .Text("text", "héllo").Texts("texts", "a", "", "\0b").UInt32("count", 7).Float32("eps", 1e-5f).Flag("yes", true)
            .Pair("small", GgufValueType.I8, [0xff]).Pair("byte", GgufValueType.U8, [0xff])
            .Pair("short", GgufValueType.I16, [0xfe, 0xff]).Pair("ushort", GgufValueType.U16, [0xfe, 0xff])
            .Pair("int", GgufValueType.I32, BitConverter.GetBytes(-3))
            .Pair("long", GgufValueType.I64, BitConverter.GetBytes(long.MinValue))
            .Pair("ulong", GgufValueType.U64, BitConverter.GetBytes((ulong)long.MaxValue))
            .Pair("double", GgufValueType.F64, BitConverter.GetBytes(0.1))
            .Array("scores", GgufValueType.F32, 2, [.. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(-1f)])
            .Array("types", GgufValueType.I32, 2, [.. BitConverter.GetBytes(-1), .. BitConverter.GetBytes(6)])
            .Array("none", GgufValueType.Text, 0, []));
        GgufMetadata metadata = file.Metadata;
        Assert.Equal((int)version, file.Version);
        Assert.Equal(16, metadata.Count);
        Assert.Equal(metadata.Keys.Order(StringComparer.Ordinal), metadata.Keys);
        Assert.Equal("héllo", metadata.Text("text"));
        Assert.Equal(["a", "", "\0b"], metadata.Texts("texts"));
        Assert.Equal(["a", "", "\0b"], metadata.Texts("texts", 3));
        Assert.Equal(3, metadata.CountOf("texts"));
        Assert.Empty(metadata.Texts("none"));
        Assert.Equal(7, metadata.Whole("count", 0, 10));
        Assert.Equal(1e-5f, metadata.Number("eps"));
        Assert.True(metadata.Flag("yes"));
        Assert.Equal([-1, 255, -2, 65534, -3], new[] { "small", "byte", "short", "ushort", "int" }
            .Select(key => metadata.Whole(key, long.MinValue, long.MaxValue)));
        Assert.Equal(long.MinValue, metadata.Whole("long", long.MinValue, 0));
        Assert.Equal(long.MaxValue, metadata.Whole("ulong", 0, long.MaxValue));
        Assert.Equal(0.1, metadata.Number("double"));
        Assert.Equal([0.5f, -1f], metadata.Floats("scores", 2));
        Assert.Equal([-1, 6], metadata.Wholes("types", 2));
        Assert.False(metadata.Has("absent"));
        Assert.Equal("?", metadata.TextOr("absent", "?"));
        Assert.Equal(5, metadata.WholeOr("absent", 5, 0, 9));
        Assert.Equal(0.5, metadata.NumberOr("absent", 0.5));
        Assert.True(metadata.FlagOr("absent", true));
    }

    [Fact]
    public void TensorsLieWhereTheFileSays()
    {
        using GgufFile file = Open(new GgufBuilder { Alignment = 64 }.UInt32("general.alignment", 64)
            .Tensor("b", [1, 2, 3, 4, 5, 6], 3, 2).Tensor("a", [7], 1));
        Assert.Equal(2, file.Count);
        Assert.Equal(["a", "b"], file.Tensors.Select(info => info.Name));
        Assert.Equal([2, 3], file.Find("b")!.Shape);
        Assert.Null(file.Find("c"));
        var row = new float[3];
        file.CopyFloat32(file.Find("b")!, 3, row);
        Assert.Equal([4, 5, 6], row);
        file.CopyFloat32(file.Find("a")!, 0, row.AsSpan(0, 1));
        Assert.Equal(7, row[0]);
    }

    [Fact]
    public void AFileOfMetadataAloneIsRead()
    {
        byte[] bytes = new GgufBuilder().Text("a", "b").Build();
        GgufFile.Open(_folder.Write("padded.gguf", bytes)).Dispose();
        GgufFile.Open(_folder.Write("cut.gguf", bytes[..(24 + 8 + 1 + 4 + 8 + 1)])).Dispose();
    }

    [Fact]
    public void NothingIsReadAfterItIsClosed()
    {
        GgufFile file = Open(new GgufBuilder().Text("a", "b").Tensor("t", [1], 1));
        TensorInfo info = file.Find("t")!;
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Metadata.Text("a"));
        Assert.Throws<ObjectDisposedException>(() => file.CopyFloat32(info, 0, new float[1]));
    }

    [SkippableTheory]
    [InlineData("tiny/gguf-llama", "llama", 12)]
    [InlineData("tiny/gguf-qwen2", "qwen2", 15)]
    public void FixturesAreRead(string fixture, string architecture, int tensors)
    {
        using var file = GgufFile.Open(Path.Combine(Fixtures.Folder(fixture), "model.gguf"));
        Assert.Equal(architecture, file.Metadata.Text("general.architecture"));
        Assert.Equal(tensors, file.Count);
        Assert.Equal(64, file.Metadata.Texts("tokenizer.ggml.tokens").Length);
        Assert.Equal(64, file.Metadata.Wholes("tokenizer.ggml.token_type", 64).Length);
    }

    private GgufFile Open(GgufBuilder builder) => GgufFile.Open(_folder.Write("a.gguf", builder.Build()));
}
