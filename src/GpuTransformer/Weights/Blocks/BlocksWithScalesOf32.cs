using System.Runtime.CompilerServices;

namespace GpuTransformer.Weights.Blocks;

/// <summary>The block types of 256 weights with a scale and a minimum of 6 bits for every 32: (d · scale) · q -
/// (dmin · minimum). Two groups of 32 share 32 bytes, the first in the lower halves.</summary>
/// <remarks>Source: the block structures of ggml-common.h and gguf-py's quants.py.</remarks>
internal static class BlocksWithScalesOf32
{
    private const int Elements = 256;
    private const int Group = 32;
    private const int Groups = Elements / Group;

    /// <summary>q of 4 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_K(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[144..], destination = destination[Elements..])
        {
            for (int group = 0; group < Groups; group++)
            {
                (float scale, float minimum) = Scale(blocks, group);
                ReadOnlySpan<byte> q = blocks.Slice(16 + (group >> 1) * Group, Group);
                int shift = (group & 1) * 4;
                Span<float> values = destination.Slice(group * Group, Group);
                for (int i = 0; i < Group; i++)
                {
                    values[i] = scale * ((q[i] >> shift) & 15) - minimum;
                }
            }
        }
    }

    /// <summary>q of 5 bits, the fifth of group g in bit g of a byte of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_K(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[176..], destination = destination[Elements..])
        {
            ReadOnlySpan<byte> fifth = blocks.Slice(16, Group);
            for (int group = 0; group < Groups; group++)
            {
                (float scale, float minimum) = Scale(blocks, group);
                ReadOnlySpan<byte> q = blocks.Slice(48 + (group >> 1) * Group, Group);
                int shift = (group & 1) * 4;
                Span<float> values = destination.Slice(group * Group, Group);
                for (int i = 0; i < Group; i++)
                {
                    values[i] = scale * ((q[i] >> shift) & 15 | ((fifth[i] >> group) & 1) << 4) - minimum;
                }
            }
        }
    }

    // Eight scales and eight minima of 6 bits in 12 bytes: the first four of each whole in the low bits of a byte, the
    // others' low halves in the last four bytes and their high bits above the first.
    private static (float Scale, float Minimum) Scale(ReadOnlySpan<byte> block, int group)
    {
        ReadOnlySpan<byte> packed = block.Slice(4, 12);
        int scale;
        int minimum;
        if (group < 4)
        {
            scale = packed[group] & 63;
            minimum = packed[group + 4] & 63;
        }
        else
        {
            scale = packed[group + 4] & 15 | packed[group - 4] >> 6 << 4;
            minimum = packed[group + 4] >> 4 | packed[group] >> 6 << 4;
        }
        return (BlocksOf32.Float16(block) * scale, BlocksOf32.Float16(block[2..]) * minimum);
    }
}
