using System.Runtime.CompilerServices;

namespace GpuTransformer.Weights.Blocks;

/// <summary>The block types of 256 weights with a scale for every 16. The weights of a block of 128 share bytes: those that
/// stand 32 apart lie in one byte, the first in its lowest bits.</summary>
/// <remarks>Source: the block structures of ggml-common.h and gguf-py's quants.py.</remarks>
internal static class BlocksWithScalesOf16
{
    private const int Elements = 256;
    private const int Group = 16;
    private const int Groups = Elements / Group;

    /// <summary>(d · scale) · q - (dmin · minimum), scale and minimum of 4 bits, q of 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q2_K(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[84..], destination = destination[Elements..])
        {
            ReadOnlySpan<byte> scales = blocks[..Groups];
            ReadOnlySpan<byte> packed = blocks.Slice(Groups, 64);
            float d = BlocksOf32.Float16(blocks[80..]);
            float dmin = BlocksOf32.Float16(blocks[82..]);
            for (int group = 0; group < Groups; group++)
            {
                float scale = d * (scales[group] & 15);
                float minimum = dmin * (scales[group] >> 4);
                int shift = Shift(group);
                ReadOnlySpan<byte> q = packed.Slice(Place(group), Group);
                Span<float> values = destination.Slice(group * Group, Group);
                for (int i = 0; i < Group; i++)
                {
                    values[i] = scale * ((q[i] >> shift) & 3) - minimum;
                }
            }
        }
    }

    /// <summary>(d · (scale - 32)) · (q - 4), scale of 6 bits, q of 3: two in the bytes, the third in a mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q3_K(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[110..], destination = destination[Elements..])
        {
            ReadOnlySpan<byte> mask = blocks[..32];
            ReadOnlySpan<byte> packed = blocks.Slice(32, 64);
            ReadOnlySpan<byte> scales = blocks.Slice(96, 12);
            float d = BlocksOf32.Float16(blocks[108..]);
            for (int group = 0; group < Groups; group++)
            {
                float scale = d * (SixBits(scales, group) - 32);
                int shift = Shift(group);
                ReadOnlySpan<byte> q = packed.Slice(Place(group), Group);
                ReadOnlySpan<byte> third = mask.Slice((group & 1) * Group, Group);
                Span<float> values = destination.Slice(group * Group, Group);
                for (int i = 0; i < Group; i++)
                {
                    values[i] = scale * (((q[i] >> shift) & 3) + ((third[i] >> (group >> 1)) & 1) * 4 - 4);
                }
            }
        }
    }

    /// <summary>(d · scale) · (q - 32), scale a signed byte, q of 6 bits: four in one part, two in another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q6_K(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; destination.Length > 0; blocks = blocks[210..], destination = destination[Elements..])
        {
            ReadOnlySpan<byte> scales = blocks.Slice(192, Groups);
            float d = BlocksOf32.Float16(blocks[208..]);
            for (int group = 0; group < Groups; group++)
            {
                float scale = d * (sbyte)scales[group];
                int half = group >> 3;
                int within = group & 7;
                ReadOnlySpan<byte> low = blocks.Slice(half * 64 + (within & 3) * Group, Group);
                ReadOnlySpan<byte> high = blocks.Slice(128 + Place(group), Group);
                int lowShift = within < 4 ? 0 : 4;
                int highShift = Shift(group);
                Span<float> values = destination.Slice(group * Group, Group);
                for (int i = 0; i < Group; i++)
                {
                    values[i] = scale * (((low[i] >> lowShift) & 15 | ((high[i] >> highShift) & 3) << 4) - 32);
                }
            }
        }
    }

    // Eight groups share 32 bytes: pairs of groups, two bits each.
    private static int Place(int group) => (group >> 3) * 32 + (group & 1) * Group;

    private static int Shift(int group) => ((group >> 1) & 3) * 2;

    // Sixteen scales of 6 bits in 12 bytes: low halves in eight bytes, pairs of high bits in four.
    private static int SixBits(ReadOnlySpan<byte> scales, int group)
    {
        int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
        return low | ((scales[8 + (group & 3)] >> (group >> 2) * 2) & 3) << 4;
    }
}
