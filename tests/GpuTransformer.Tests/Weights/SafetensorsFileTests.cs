using System.Buffers.Binary;
using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadsWhatTheWriterWrote()
    {
        float[] floats = [1.5f, -2.25f, float.NaN, float.PositiveInfinity, 0, float.Epsilon];
        long[] longs = [long.MinValue, -1, 0, long.MaxValue];
        byte[] bytes = [0, 127, 255];
        var writer = new SafetensorsWriter();
        writer.Add("bytes", bytes, 3);
        writer.Add("floats", floats, 2, 3);
        writer.Add("longs \"quoted\" \u00e9 \U0001F600", longs, 4, 1);
        writer.Add("nothing", Array.Empty<float>(), 0, 7);
        writer.Add("scalar", new float[] { 42 });
        writer.SetMetadata("format", "pt");
        writer.Save(_folder.File("a.safetensors"));

        using SafetensorsFile file = SafetensorsFile.Open(_folder.File("a.safetensors"));
        Assert.Equal(["bytes", "floats", "longs \"quoted\" \u00e9 \U0001F600", "nothing", "scalar"], file.Tensors.Keys);
        Assert.Equal(5, file.Tensors.Count);
        Assert.Equal(floats, file.ReadFloat32("floats"));
        Assert.Equal([2, 3], file.Tensors["floats"].Shape);
        Assert.Equal(longs, file.ReadInt64("longs \"quoted\" \u00e9 \U0001F600"));
        Assert.Equal(bytes, file.Bytes("bytes").ToArray());
        Assert.Equal([0f, 127f, 255f], file.ReadFloat32("bytes"));
        Assert.Empty(file.ReadFloat32("nothing"));
        Assert.Equal([42f], file.ReadFloat32("scalar"));
        Assert.Empty(file.Tensors["scalar"].Shape);
        Assert.All(file.Tensors.Values, info => Assert.Equal(0, info.Offset % info.Dtype.Bytes()));
        Assert.False(file.Tensors.ContainsKey("absent"));
        Assert.Contains("absent", Assert.Throws<InputException>(() => file.ReadFloat32("absent")).Message);
    }

    [Fact]
    public void EveryFloat16WidensToTheValueItStandsFor()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        float[] widened = ReadAll("F16", all);
        for (int bits = 0; bits < 65536; bits++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.True(float.IsNaN(expected)
                ? float.IsNaN(widened[bits])
                : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(widened[bits]));
        }
    }

    [Fact]
    public void EveryBFloat16IsTheUpperHalfOfAFloat32()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        float[] widened = ReadAll("BF16", all);
        Assert.All(all, bits => Assert.Equal(bits << 16, BitConverter.SingleToInt32Bits(widened[bits])));
    }

    [Theory]
    [InlineData("I64", 8, -5, true)]
    [InlineData("I64", 8, 1L << 24, true)]
    [InlineData("I64", 8, (1L << 24) + 1, false)]
    [InlineData("I64", 8, long.MinValue, true)]
    [InlineData("I64", 8, long.MaxValue, false)]
    [InlineData("U64", 8, 7, true)]
    [InlineData("U64", 8, -1, false)]
    [InlineData("I32", 4, -16777217, false)]
    [InlineData("I32", 4, -16777216, true)]
    [InlineData("U32", 4, -1, false)]
    [InlineData("I16", 2, -32768, true)]
    [InlineData("U16", 2, 65535, true)]
    [InlineData("I8", 1, -128, true)]
    [InlineData("U8", 1, 255, true)]
    [InlineData("BOOL", 1, 1, true)]
    public void IntegersWidenExactlyOrAreRefused(string dtype, int size, long value, bool exact)
    {
        var data = new byte[2 * size];
        Span<byte> whole = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(whole, value);
        whole[..size].CopyTo(data.AsSpan(size));
        using SafetensorsFile file = SafetensorsFile.Open(Write(dtype, 2, data));
        if (exact)
        {
            Assert.Equal([0f, value], file.ReadFloat32("a"));
            Assert.Equal([0L, value], file.ReadInt64("a"));
        }
        else
        {
            Assert.Contains("element 1", Assert.Throws<InputException>(() => file.ReadFloat32("a")).Message);
        }
    }

    [Fact]
    public void Float64IsRoundedAndFloatsAreNotIntegers()
    {
        var data = new byte[16];
        BinaryPrimitives.WriteDoubleLittleEndian(data, 0.1);
        BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(8), -3);
        using SafetensorsFile file = SafetensorsFile.Open(Write("F64", 2, data));
        Assert.Equal([0.1f, -3f], file.ReadFloat32("a"));
        Assert.Contains("F64", Assert.Throws<InputException>(() => file.ReadInt64("a")).Message);
    }

    [Fact]
    public void RangesAreCheckedBeforeTheyAreRead()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Write("F32", 4, new byte[16]));
        TensorInfo info = file.Tensors["a"];
        file.CopyFloat32(info, 1, new float[3]);
        file.CopyFloat32(info, 4, []);
        Assert.Throws<ShapeException>(() => file.CopyFloat32(info, 2, new float[3]));
        Assert.Throws<ShapeException>(() => file.CopyFloat32(info, -1, new float[1]));
        Assert.Throws<ShapeException>(() => file.CopyFloat32(info, 5, []));
        Assert.Throws<ShapeException>(() => file.CopyFloat32(info, long.MaxValue, new float[1]));
    }

    [Fact]
    public void AHeaderOfOddLengthLeavesDataUnalignedAndReadable()
    {
        byte[] data = new byte[4 * 37];
        for (int i = 0; i < 37; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), i - 7.5f);
        }
        for (int padding = 0; padding < 4; padding++)
        {
            string header = $$$"""{"a":{"dtype":"F32","shape":[37],"data_offsets":[0,148]}}""" + new string(' ', padding);
            string path = _folder.Write("a.safetensors", TemporaryFolder.Safetensors(header, data));
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal(Enumerable.Range(0, 37).Select(i => i - 7.5f), file.ReadFloat32("a"));
        }
    }

    [Fact]
    public void TensorsOfNoBytesMayStandBetweenOthers()
    {
        string header = """
            {"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"z":{"dtype":"F32","shape":[0,3],"data_offsets":[2,2]},"y":{"dtype":"F32","shape":[5,0],"data_offsets":[2,2]},"a":{"shape":[1],"data_offsets":[2,3],"dtype":"I8"},"x":{"dtype":"F32","shape":[0],"data_offsets":[3,3]}}
            """;
        string path = _folder.Write("a.safetensors", TemporaryFolder.Safetensors(header, [1, 2, 253]));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([-3f], file.ReadFloat32("a"));
        Assert.Empty(file.ReadFloat32("z"));
    }

    [Fact]
    public void AfterDisposeNothingIsRead()
    {
        SafetensorsFile file = SafetensorsFile.Open(Write("F32", 1, new byte[4]));
        TensorInfo info = file.Tensors["a"];
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.CopyFloat32(info, 0, new float[1]));
        Assert.Throws<ObjectDisposedException>(() => file.Tensors["a"]);
    }

    [SkippableFact]
    public void ReadsTheFilesOfTransformers()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Fixtures.Folder("tiny/bert"), "io.safetensors"));
        Assert.NotEmpty(file.Tensors);
        foreach ((string name, TensorInfo info) in file.Tensors)
        {
            Assert.Equal(name, info.Name);
            Assert.Equal(info.ElementCount, info.Dtype.IsFloat() ? file.ReadFloat32(name).Length : file.ReadInt64(name).Length);
        }
    }

    private float[] ReadAll(string dtype, ushort[] values)
    {
        var data = new byte[2 * values.Length];
        Buffer.BlockCopy(values, 0, data, 0, data.Length);
        using SafetensorsFile file = SafetensorsFile.Open(Write(dtype, values.Length, data));
        // Odd starts and lengths reach the part after the last whole vector.
        var widened = new float[values.Length];
        TensorInfo info = file.Tensors["a"];
        for (int at = 0; at < widened.Length; at += 1021)
        {
            file.CopyFloat32(info, at, widened.AsSpan(at, Math.Min(1021, widened.Length - at)));
        }
        return widened;
    }

    private string Write(string dtype, int count, byte[] data)
    {
        string header = $$$"""{"a":{"dtype":"{{{dtype}}}","shape":[{{{count}}}],"data_offsets":[0,{{{data.Length}}}]}}""";
        return _folder.Write("a.safetensors", TemporaryFolder.Safetensors(Encoding.UTF8.GetBytes(header), data));
    }
}
