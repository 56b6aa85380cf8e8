using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Blocks;
using GpuTransformer.Weights.Gguf;
using Xunit;

namespace GpuTransformer.Tests.Weights.Gguf;

/// <summary>Every block type as the gguf package dequantizes it, whole and from any element to any other.</summary>
public sealed class GgufBlockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, uint> Types => new()
    {
        { "F16", 1 },
        { "BF16", 30 },
        { "Q4_0", 2 },
        { "Q4_1", 3 },
        { "Q5_0", 6 },
        { "Q5_1", 7 },
        { "Q8_0", 8 },
        { "Q2_K", 10 },
        { "Q3_K", 11 },
        { "Q4_K", 12 },
        { "Q5_K", 13 },
        { "Q6_K", 14 },
    };

    [SkippableTheory]
    [MemberData(nameof(Types))]
    public void ValuesAreThoseOfTheGgufPackage(string name, uint type)
    {
        using GgufFile file = Open(name, type, out float[] expected);
        TensorInfo info = file.Find("blk.0.ffn_up.weight")!;
        Assert.Equal([3, 512], info.Shape);
        Assert.Equal(name, info.Dtype.ToString());
        var values = new float[3 * 512];
        file.CopyFloat32(info, 0, values);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(
                values[i] == expected[i] || MathF.BitIncrement(values[i]) == expected[i]
                    || MathF.BitDecrement(values[i]) == expected[i],
                $"{name}[{i}]: {values[i]:R}, expected {expected[i]:R}");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Types))]
    public void AnyRangeIsCutFromTheWhole(string name, uint type)
    {
        using GgufFile file = Open(name, type, out _);
        TensorInfo info = file.Find("blk.0.ffn_up.weight")!;
        var whole = new float[3 * 512];
        file.CopyFloat32(info, 0, whole);
        foreach ((int start, int count) in new[] { (0, 0), (0, 1), (1, 3), (31, 2), (255, 257), (17, 900), (1000, 536), (1535, 1), (1536, 0) })
        {
            var part = new float[count];
            file.CopyFloat32(info, start, part);
            Assert.Equal(whole[start..(start + count)], part);
        }
        Assert.Throws<ShapeException>(() => file.CopyFloat32(info, 1535, new float[2]));
        Assert.Throws<ShapeException>(() => file.CopyFloat32(info, -1, new float[2]));
    }

    [Fact]
    public void BytesOfBlocksAreGivenWhole()
    {
        byte[] data = [.. Enumerable.Range(0, 36).Select(i => (byte)i)];
        string path = _folder.Write("a.gguf", new GgufBuilder().Tensor("t", 2, data, 32, 2).Build());
        using var file = GgufFile.Open(path);
        TensorInfo info = file.Find("t")!;
        Assert.Equal(64, info.ElementCount);
        Assert.Equal(data[18..], file.Bytes(info, 32, 32).ToArray());
        Assert.Throws<ShapeException>(() => file.Bytes(info, 1, 32).Length);
        Assert.Throws<ShapeException>(() => file.Bytes(info, 0, 31).Length);
    }

    [Fact]
    public void ATypeThatIsNoBlockIsAMistake() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDecoder.Decode(WeightDtype.I8, new byte[4], 0, new float[1]));

    private GgufFile Open(string name, uint type, out float[] expected)
    {
        using var blocks = SafetensorsFile.Open(Path.Combine(Fixtures.Folder("gguf-blocks"), "blocks.safetensors"));
        expected = blocks.ReadFloat32($"{name}.values");
        byte[] data = blocks.Bytes($"{name}.bytes").ToArray();
        string path = _folder.Write(
            $"{name}.gguf", new GgufBuilder().Tensor("blk.0.ffn_up.weight", type, data, 512, 3).Build());
        return GgufFile.Open(path);
    }
}
