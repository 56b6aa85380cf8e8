using System.Runtime.InteropServices;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Blocks that are made from numbers, byte for byte as GGUF's rule has them, one number at a time.</summary>
public sealed class BlockEncoderTests
{
    private const int Block = 32;

    [Theory]
    [InlineData(WeightEncoding.Q8_0)]
    [InlineData(WeightEncoding.Q4_0)]
    public void BytesFollowTheRule(WeightEncoding encoding)
    {
        float[] values = [.. Blocks().SelectMany(block => block)];
        var bytes = new byte[values.Length / Block * EncodedLayout.StoredBlockBytes(encoding)];
        BlockEncoder.Encode(encoding, "weight", 0, values, bytes);
        byte[] expected = [.. values.Chunk(Block).SelectMany(block => encoding == WeightEncoding.Q8_0 ? Q8_0(block) : Q4_0(block))];
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(31)]
    public void APartOfABlockEndsInZeros(int count)
    {
        foreach (var block in Blocks())
        {
            var integers = new sbyte[Block];
            var scale = BlockEncoder.Q8_0("weight", 0, 0, block.AsSpan(0, count), integers);
            float[] filled = [.. block.Take(count), .. new float[Block - count]];
            byte[] bytes = [.. MemoryMarshal.AsBytes([scale]), .. MemoryMarshal.AsBytes(integers.AsSpan())];
            Assert.Equal(Q8_0(filled), bytes);
        }
    }

    [Theory]
    [InlineData(WeightEncoding.Q8_0, 9e6f)]
    [InlineData(WeightEncoding.Q4_0, -6e5f)]
    [InlineData(WeightEncoding.Q8_0, float.NegativeInfinity)]
    [InlineData(WeightEncoding.Q4_0, float.NaN)]
    public void TheFirstNumberThatDoesNotFitIsNamed(WeightEncoding encoding, float bad)
    {
        var values = Data.WithOutliers(3 * Block, 1);
        (values[Block + 19], values[Block + 20]) = (bad, float.PositiveInfinity);
        var error = Assert.Throws<InputException>(
            () => BlockEncoder.Encode(encoding, "weight", 7, values, new byte[3 * EncodedLayout.StoredBlockBytes(encoding)]));
        Assert.Contains($"{bad} for output 7 and input {Block + 19} ", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Random blocks of all sizes, ties between two integers, the same magnitude with both signs, zeros of both
    /// signs, scales that are subnormal or round to 0.</summary>
    private static IEnumerable<float[]> Blocks()
    {
        var random = new Random(5);
        float[] Random(float size) => [.. Enumerable.Range(0, Block).Select(_ => (2 * random.NextSingle() - 1) * size)];
        foreach (var size in new[] { 1f, 1e-3f, 300f, 4e5f, 1e-4f, 7e-6f, 1e-6f, 1e-7f, 1e-30f, 1e-42f })
        {
            for (var i = 0; i < 50; i++)
            {
                yield return Random(size);
            }
        }

        for (var first = 0; first < Block; first++)
        {
            var both = Random(1f);
            (both[first], both[(first + 11) % Block]) = (first % 2 == 0 ? 2f : -2f, first % 2 == 0 ? -2f : 2f);
            yield return both;
        }

        yield return [.. Enumerable.Range(0, Block).Select(i => (i - 16) / 2f)];
        yield return [127f, .. Enumerable.Range(1, Block - 1).Select(i => i - 15.5f)];
        yield return new float[Block];
        yield return [.. Enumerable.Repeat(-0f, Block)];
    }

    private static byte[] Q8_0(float[] block)
    {
        var scale = (Half)(block.Max(Math.Abs) / 127);
        return [.. MemoryMarshal.AsBytes([scale]), .. block.Select(value => (byte)Integer(value, scale, -127, 127))];
    }

    /// <summary>Of the largest magnitude the first.</summary>
    private static byte[] Q4_0(float[] block)
    {
        var farthest = block.MaxBy(Math.Abs);
        var magnitude = (Half)(Math.Abs(farthest) / 8);
        var scale = farthest < 0 ? magnitude : -magnitude;
        int[] integers = [.. block.Select(value => 8 + Integer(value, scale, -8, 7))];
        return [.. MemoryMarshal.AsBytes([scale]), .. integers[..16].Zip(integers[16..], (low, high) => (byte)(low + 16 * high))];
    }

    private static int Integer(float value, Half scale, int least, int most) => scale == Half.Zero
        ? 0 : (int)Math.Clamp(MathF.Round(value / (float)scale, MidpointRounding.ToEven), least, most);
}
