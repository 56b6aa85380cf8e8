using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
            Vector128<byte> q = Vector128.Create(blocks.Slice(2, Half));
            Vector128<sbyte> eight = Vector128.Create((sbyte)8);
            Scaled(LowerHalves(q) - eight, scale, destination[..Half]);
            Scaled(UpperHalves(q) - eight, scale, destination.Slice(Half, Half));
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
            Vector128<byte> q = Vector128.Create(blocks.Slice(4, Half));
            Scaled(LowerHalves(q), scale, minimum, destination[..Half]);
            Scaled(UpperHalves(q), scale, minimum, destination.Slice(Half, Half));
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
            Scaled(Vector128.Create(blocks.Slice(2, Half)).AsSByte(), scale, destination[..Half]);
            Scaled(Vector128.Create(blocks.Slice(2 + Half, Half)).AsSByte(), scale, destination.Slice(Half, Half));
        }
    }

    private static Vector128<sbyte> LowerHalves(Vector128<byte> bytes) => (bytes & Vector128.Create((byte)15)).AsSByte();

    private static Vector128<sbyte> UpperHalves(Vector128<byte> bytes) => (bytes >> 4).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scaled(Vector128<sbyte> q, float scale, Span<float> values)
    {
        for (int i = 0; i < 4; i++)
        {
            (Vector128.Create(scale) * Four(q, i)).CopyTo(values[(4 * i)..]);
        }
    }

    // Two roundings: the product's first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scaled(Vector128<sbyte> q, float scale, float minimum, Span<float> values)
    {
        for (int i = 0; i < 4; i++)
        {
            (Vector128.Create(scale) * Four(q, i) + Vector128.Create(minimum)).CopyTo(values[(4 * i)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Four(Vector128<sbyte> q, int part)
    {
        Vector128<short> eight = part < 2 ? Vector128.WidenLower(q) : Vector128.WidenUpper(q);
        return Vector128.ConvertToSingle((part & 1) == 0 ? Vector128.WidenLower(eight) : Vector128.WidenUpper(eight));
    }

    /// <summary>The float16 at the start of <paramref name="bytes"/>.</summary>
    internal static float Float16(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);
}
