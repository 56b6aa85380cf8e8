using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>What a packed weight holds, by the rule of each encoding and not by its code.</summary>
internal static class EncodedReference
{
    /// <summary>The numbers that are stored for rows of <paramref name="k"/>.</summary>
    public static float[] Round(WeightEncoding encoding, float[] values, int k) => encoding switch
    {
        WeightEncoding.F16 => [.. values.Select(value => (float)(Half)value)],
        WeightEncoding.BF16 => [.. values.Select(NearestBFloat)],
        WeightEncoding.Q8_0 => [.. values.Chunk(k).SelectMany(row => row.Chunk(32).SelectMany(Block))],
        WeightEncoding.Q4_0 => [.. values.Chunk(k).SelectMany(row => row.Chunk(32).SelectMany(BlockOf4Bits))],
        WeightEncoding.F32 => values,
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "not made from numbers"),
    };

    /// <summary>The nearer of the two neighbours with 8 bits of mantissa, on a tie the even one.</summary>
    private static float NearestBFloat(float value)
    {
        var below = BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000;
        var (low, high) = (BitConverter.UInt32BitsToSingle(below), BitConverter.UInt32BitsToSingle(below + 0x10000));
        var (toLow, toHigh) = (Math.Abs((double)value - low), Math.Abs((double)high - value));
        return toLow < toHigh || (toLow == toHigh && (below & 0x10000) == 0) ? low : high;
    }

    private static IEnumerable<float> Block(float[] block)
    {
        var scale = (double)(Half)(block.Max(Math.Abs) / 127);
        return block.Select(value => scale == 0
            ? 0f : (float)(Math.Clamp(Math.Round((float)(value / scale), MidpointRounding.ToEven), -127, 127) * scale));
    }

    /// <summary>The number that is farthest from 0 becomes -8 times the scale.</summary>
    private static IEnumerable<float> BlockOf4Bits(float[] block)
    {
        var scale = (double)(Half)(block.MaxBy(Math.Abs) / -8);
        return block.Select(value => scale == 0
            ? 0f : (float)(Math.Clamp(Math.Round((float)(value / scale), MidpointRounding.ToEven), -8, 7) * scale));
    }
}
