using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Puts a stored block of one row, as GGUF has it, into its lane of a cell.</summary>
/// <remarks>Source: the block structures of ggml-common.h.</remarks>
internal static unsafe class EncodedCell
{
    /// <param name="layout">The encoding's.</param>
    /// <param name="stored">Begins with the block; 32 numbers where they have 16 bits.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="lanes">Its lanes.</param>
    /// <param name="lane">The one to fill.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Put(in EncodedLayout layout, ReadOnlySpan<byte> stored, byte* cell, int lanes, int lane)
    {
        switch (layout.Encoding)
        {
            case WeightEncoding.Q8_0:
                Halves(stored, 1, cell, lanes, lane);
                Words(stored[2..], layout.Words, cell + 2 * lanes, lanes, lane);
                break;
            case WeightEncoding.Q4_0:
                Halves(stored, 1, cell, lanes, lane);
                HalvesOfBytes(stored[2..], cell + 2 * lanes, lanes, lane);
                break;
            case WeightEncoding.Q4_1:
                Halves(stored, 2, cell, lanes, lane);
                HalvesOfBytes(stored[4..], cell + 4 * lanes, lanes, lane);
                break;
            case WeightEncoding.Q4_K:
                Q4_K(layout, stored, cell, lanes, lane);
                break;
            case WeightEncoding.Q6_K:
                Q6_K(layout, stored, cell, lanes, lane);
                break;
            default:
                Words(stored, layout.Words, cell, lanes, lane);
                break;
        }
    }

    /// <summary>Float16 scales, one row of lanes each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(ReadOnlySpan<byte> stored, int count, byte* cell, int lanes, int lane)
    {
        for (var i = 0; i < count; i++)
        {
            ((ushort*)cell)[i * lanes + lane] = BinaryPrimitives.ReadUInt16LittleEndian(stored[(2 * i)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Words(ReadOnlySpan<byte> stored, int count, byte* words, int lanes, int lane)
    {
        for (var i = 0; i < count; i++)
        {
            ((uint*)words)[i * lanes + lane] = BinaryPrimitives.ReadUInt32LittleEndian(stored[(4 * i)..]);
        }
    }

    /// <summary>Byte i holds k = i and 16 + i of a block of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalvesOfBytes(ReadOnlySpan<byte> stored, byte* words, int lanes, int lane)
    {
        for (var i = 0; i < 4; i++)
        {
            ((uint*)words)[i * lanes + lane] = EightOf(stored[(8 * (i & 1))..], 4 * (i >> 1));
        }
    }

    /// <summary>4 bits from <paramref name="shift"/> on of each of 8 bytes: the first four in the lower halves of a word's
    /// bytes, the others in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint EightOf(ReadOnlySpan<byte> bytes, int shift)
    {
        var four = (BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> shift) & 0x0F0F0F0F0F0F0F0F;
        return (uint)four | (uint)(four >> 32) << 4;
    }

    /// <summary>d, dmin, 12 bytes of scales and minima, then two groups of 32 in each 32 bytes, the first in the lower
    /// halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Q4_K(in EncodedLayout layout, ReadOnlySpan<byte> stored, byte* cell, int lanes, int lane)
    {
        Halves(stored, 2, cell, lanes, lane);
        for (var group = 0; group < 8; group++)
        {
            var block = cell + (layout.SharedBytes + group * layout.BlockBytes) * lanes;
            var packed = stored.Slice(4, 12);
            block[lane] = (byte)(group < 4 ? packed[group] & 63 : packed[group + 4] & 15 | packed[group - 4] >> 6 << 4);
            block[lanes + lane] = (byte)(group < 4 ? packed[group + 4] & 63 : packed[group + 4] >> 4 | packed[group] >> 6 << 4);
            var words = (uint*)(block + layout.ScaleBytes * lanes);
            for (var i = 0; i < 4; i++)
            {
                words[i * lanes + lane] = EightOf(stored[(16 + (group >> 1) * 32 + 8 * i)..], 4 * (group & 1));
            }
        }
    }

    /// <summary>Per half of 128: 64 bytes of lower bits, where 32 apart share a byte's halves two and two, and 32 bytes of
    /// upper bits, four numbers 32 apart in each; then 16 scales and d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Q6_K(in EncodedLayout layout, ReadOnlySpan<byte> stored, byte* cell, int lanes, int lane)
    {
        Halves(stored[208..], 1, cell, lanes, lane);
        for (var group = 0; group < 16; group++)
        {
            var block = cell + (layout.SharedBytes + group * layout.BlockBytes) * lanes;
            block[lane] = stored[192 + group];
            var (half, within) = (group >> 3, group & 7);
            var words = (uint*)(block + layout.ScaleBytes * lanes);
            uint upper = 0;
            for (var i = 0; i < 2; i++)
            {
                words[i * lanes + lane] = EightOf(stored[(half * 64 + (within & 3) * 16 + 8 * i)..], within < 4 ? 0 : 4);
                var bits = stored.Slice(128 + half * 32 + (within & 1) * 16 + 8 * i, 8);
                for (var j = 0; j < 8; j++)
                {
                    var two = (uint)(bits[j] >> (within >> 1) * 2) & 3;
                    upper |= two << (8 * (j & 3) + 4 * i + 2 * (j >> 2));
                }
            }

            words[2 * lanes + lane] = upper;
        }
    }
}
