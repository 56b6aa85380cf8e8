using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace GpuTransformer.Weights.Blocks;

/// <summary>The block types of 32 weights: a float16 scale, perhaps a float16 minimum, perhaps the fifth bits in 32 bits,
/// then the rest: two weights a byte, the first sixteen in the lower halves.</summary>
/// <remarks>Source: the block structures of ggml-common.h and gguf-py's quants.py.</remarks>
internal static class BlocksOf32
{
    private const int Elements = 32;
    private const int Half = 16;

    /// <summary>scale · (q - 8).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_0(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[18..], destination = destination[Elements..])
        {
            float scale = Float16(blocks);
            ReadOnlySpan<byte> q = blocks.Slice(2, Half);
            Span<float> low = destination[..Half];
            Span<float> high = destination.Slice(Half, Half);
            for (int i = 0; i < Half; i++)
            {
                low[i] = scale * ((q[i] & 15) - 8);
                high[i] = scale * ((q[i] >> 4) - 8);
            }
        }
    }

    /// <summary>scale · q + minimum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_1(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[20..], destination = destination[Elements..])
        {
            float scale = Float16(blocks);
            float minimum = Float16(blocks[2..]);
            ReadOnlySpan<byte> q = blocks.Slice(4, Half);
            Span<float> low = destination[..Half];
            Span<float> high = destination.Slice(Half, Half);
            for (int i = 0; i < Half; i++)
            {
                low[i] = scale * (q[i] & 15) + minimum;
                high[i] = scale * (q[i] >> 4) + minimum;
            }
        }
    }

    /// <summary>scale · (q - 16).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_0(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[22..], destination = destination[Elements..])
        {
            float scale = Float16(blocks);
            uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(blocks[2..]);
            ReadOnlySpan<byte> q = blocks.Slice(6, Half);
            Span<float> low = destination[..Half];
            Span<float> high = destination.Slice(Half, Half);
            for (int i = 0; i < Half; i++)
            {
                low[i] = scale * (int)(((q[i] & 15u) | ((fifth >> i) & 1) << 4) - 16);
                high[i] = scale * (int)(((uint)(q[i] >> 4) | ((fifth >> (i + Half)) & 1) << 4) - 16);
            }
        }
    }

    /// <summary>scale · q + minimum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_1(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[24..], destination = destination[Elements..])
        {
            float scale = Float16(blocks);
            float minimum = Float16(blocks[2..]);
            uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(blocks[4..]);
            ReadOnlySpan<byte> q = blocks.Slice(8, Half);
            Span<float> low = destination[..Half];
            Span<float> high = destination.Slice(Half, Half);
            for (int i = 0; i < Half; i++)
            {
                low[i] = scale * (int)((q[i] & 15u) | ((fifth >> i) & 1) << 4) + minimum;
                high[i] = scale * (int)((uint)(q[i] >> 4) | ((fifth >> (i + Half)) & 1) << 4) + minimum;
            }
        }
    }

    /// <summary>scale · q, q a signed byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q8_0(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[34..], destination = destination[Elements..])
        {
            float scale = Float16(blocks);
            ReadOnlySpan<byte> q = blocks.Slice(2, Elements);
            Span<float> values = destination[..Elements];
            for (int i = 0; i < Elements; i++)
            {
                values[i] = scale * (sbyte)q[i];
            }
        }
    }

    /// <summary>The float16 at the start of <paramref name="bytes"/>.</summary>
    internal static float Float16(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);
}
