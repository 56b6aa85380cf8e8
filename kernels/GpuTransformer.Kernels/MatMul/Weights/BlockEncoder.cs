using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Encodes float32 numbers of one row as GGUF stores them.</summary>
internal static class BlockEncoder
{
    private const int Block = 32;

    private const float LargestByte = 127;

    /// <summary>Encodes whole blocks. Compiled at once at full speed, and what it calls for a block with it: loading a
    /// model calls this for every row.</summary>
    /// <param name="encoding">F16, BF16, Q8_0 or Q4_0.</param>
    /// <param name="name">The weight's, for errors.</param>
    /// <param name="row">The output, for errors.</param>
    /// <param name="values">From k = 0 on.</param>
    /// <param name="bytes">Receives the blocks.</param>
    /// <exception cref="InputException">A number that the encoding cannot hold.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(
        WeightEncoding encoding, string name, int row, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        switch (encoding)
        {
            case WeightEncoding.F16:
                Halves(name, row, values, MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case WeightEncoding.BF16:
                BFloats(name, row, values, MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case WeightEncoding.Q8_0:
                for (var k = 0; k < values.Length; k += Block)
                {
                    var block = bytes.Slice(k / Block * 34, 34);
                    var scale = Q8_0(name, row, k, values.Slice(k, Block), MemoryMarshal.Cast<byte, sbyte>(block[2..]));
                    MemoryMarshal.Write(block, scale);
                }

                break;
            case WeightEncoding.Q4_0:
                for (var k = 0; k < values.Length; k += Block)
                {
                    Q4_0(name, row, k, values.Slice(k, Block), bytes.Slice(k / Block * 18, 18));
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "not made from float32");
        }
    }

    /// <summary>Float16, to nearest even.</summary>
    public static void Halves(string name, int row, ReadOnlySpan<float> values, Span<ushort> halves)
    {
        for (var k = 0; k < values.Length; k++)
        {
            var half = (Half)values[k];
            halves[k] = Half.IsFinite(half)
                ? BitConverter.HalfToUInt16Bits(half) : throw Beyond(name, row, k, values[k], WeightEncoding.F16);
        }
    }

    /// <summary>Refuses infinity and NaN among the float16 of stored bytes: numbers or scales of blocks.</summary>
    public static void CheckScales(WeightEncoding encoding, string name, int row, ReadOnlySpan<byte> stored)
    {
        if (encoding == WeightEncoding.BF16)
        {
            return;
        }

        // Float16 of a block, the first of them, and how many there are.
        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(stored);
        var (length, first, count) = encoding switch
        {
            WeightEncoding.Q4_1 or WeightEncoding.Q4_K => (EncodedLayout.StoredBlockBytes(encoding) / 2, 0, 2),
            WeightEncoding.Q6_K => (105, 104, 1),
            _ => (EncodedLayout.StoredBlockBytes(encoding) / 2, 0, 1),
        };
        for (var block = 0; block < halves.Length; block += length)
        {
            for (var i = block + first; i < block + first + count; i++)
            {
                if ((halves[i] & 0x7C00) == 0x7C00)
                {
                    var k = block / length * EncodedLayout.StoredBlock(encoding);
                    throw Beyond(name, row, k, (float)BitConverter.UInt16BitsToHalf(halves[i]), encoding);
                }
            }
        }
    }

    /// <summary>The upper half of each float32, to nearest, a tie to the even one.</summary>
    public static void BFloats(string name, int row, ReadOnlySpan<float> values, Span<ushort> upper)
    {
        for (var k = 0; k < values.Length; k++)
        {
            var bits = BitConverter.SingleToUInt32Bits(values[k]);
            var rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000;
            upper[k] = float.IsFinite(values[k]) && float.IsFinite(BitConverter.UInt32BitsToSingle(rounded))
                ? (ushort)(rounded >> 16) : throw Beyond(name, row, k, values[k], WeightEncoding.BF16);
        }
    }

    /// <summary>Up to 32 numbers as integers and the scale: the largest magnitude over 127, rounded to float16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Half Q8_0(string name, int row, int firstK, scoped ReadOnlySpan<float> values, Span<sbyte> integers)
    {
        Span<float> whole = stackalloc float[Block];
        if (values.Length < Block)
        {
            whole.Clear();
            values.CopyTo(whole);
            values = whole;
        }

        var scale = ScaleOf(name, row, firstK, values, WeightEncoding.Q8_0, LargestByte, out _);
        BlockRounding.Integers(values, (float)scale, LargestByte).CopyTo(integers);
        return scale;
    }

    /// <summary>The number of the largest magnitude becomes -8, as ggml has it: of both signs the one that reaches
    /// farther gets the farther end of -8 to 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Q4_0(string name, int row, int firstK, ReadOnlySpan<float> values, Span<byte> block)
    {
        var magnitude = ScaleOf(name, row, firstK, values, WeightEncoding.Q4_0, 8, out var farthest);
        var scale = farthest < 0 ? magnitude : -magnitude;
        MemoryMarshal.Write(block, scale);
        BlockRounding.Nibbles(values, (float)scale).CopyTo(block[2..]);
    }

    /// <summary>The largest magnitude over the largest integer, refusing what is NaN or too large for a float16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Half ScaleOf(
        string name, int row, int firstK, ReadOnlySpan<float> values, WeightEncoding encoding, float largestInteger,
        out float farthest)
    {
        farthest = BlockRounding.Farthest(values);
        var scale = (Half)(Math.Abs(farthest) / largestInteger);
        for (var i = 0; i < values.Length && !Half.IsFinite(scale); i++)
        {
            if (!Half.IsFinite((Half)(Math.Abs(values[i]) / largestInteger)))
            {
                throw Beyond(name, row, firstK + i, values[i], encoding);
            }
        }

        return scale;
    }

    private static InputException Beyond(string name, int row, int k, float value, WeightEncoding encoding) =>
        new($"{name}: the number {value} for output {row} and input {k} cannot be stored as {encoding}.");
}
