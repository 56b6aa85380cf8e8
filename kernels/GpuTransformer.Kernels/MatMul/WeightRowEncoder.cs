using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>Packs one row of a weight for a device: 32-bit words, rows of whole 128-bit cells.</summary>
internal static class WeightRowEncoder
{
    /// <summary>Narrow rows go on with zeros to a multiple of this.</summary>
    private const int Padding = BlockWeight.Block;

    private const float LargestInteger = 127;

    /// <summary>Words of a row of <paramref name="k"/> numbers.</summary>
    public static long Words(WeightEncoding encoding, int k)
    {
        var padded = (k + Padding - 1L) / Padding * Padding;
        return encoding switch
        {
            WeightEncoding.F32 => (k + 3L) / 4 * 4,
            WeightEncoding.Q8_0 => padded / 4 + MatMulOrder.Chunks(k) * (long)BlockWeight.WordsOfScales,
            _ => padded / 2,
        };
    }

    /// <summary>Fills the words of a row.</summary>
    /// <exception cref="InputException">A number that the encoding cannot hold.</exception>
    public static void Encode(WeightEncoding encoding, string name, int row, ReadOnlySpan<float> values, Span<float> words)
    {
        words.Clear();
        var bytes = MemoryMarshal.AsBytes(words);
        switch (encoding)
        {
            case WeightEncoding.F16:
                Halves(name, row, values, MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case WeightEncoding.BF16:
                BFloats(name, row, values, MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case WeightEncoding.Q8_0:
                for (var k = 0; k < values.Length; k += MatMulOrder.Chunk)
                {
                    var chunk = values[k..Math.Min(values.Length, k + MatMulOrder.Chunk)];
                    Blocks(name, row, k, chunk, bytes[(k / MatMulOrder.Chunk * BlockWeight.WordsOfChunk * sizeof(float))..]);
                }

                break;
            default:
                values.CopyTo(words);
                break;
        }
    }

    private static void Halves(string name, int row, ReadOnlySpan<float> values, Span<ushort> halves)
    {
        for (var k = 0; k < values.Length; k++)
        {
            var half = (Half)values[k];
            halves[k] = Half.IsFinite(half)
                ? BitConverter.HalfToUInt16Bits(half) : throw Beyond(name, row, k, values[k], WeightEncoding.F16);
        }
    }

    private static void BFloats(string name, int row, ReadOnlySpan<float> values, Span<ushort> upper)
    {
        for (var k = 0; k < values.Length; k++)
        {
            // To nearest, a tie to the even one.
            var bits = BitConverter.SingleToUInt32Bits(values[k]);
            var rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000;
            upper[k] = float.IsFinite(values[k]) && float.IsFinite(BitConverter.UInt32BitsToSingle(rounded))
                ? (ushort)(rounded >> 16) : throw Beyond(name, row, k, values[k], WeightEncoding.BF16);
        }
    }

    /// <summary>Scales of a chunk's blocks, then its integers with 128 added.</summary>
    private static void Blocks(string name, int row, int firstK, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        var scales = MemoryMarshal.Cast<byte, ushort>(bytes[..(BlockWeight.WordsOfScales * sizeof(float))]);
        var integers = bytes[(BlockWeight.WordsOfScales * sizeof(float))..];
        for (var start = 0; start < values.Length; start += BlockWeight.Block)
        {
            var block = values[start..Math.Min(values.Length, start + BlockWeight.Block)];
            var largest = 0f;
            for (var i = 0; i < block.Length; i++)
            {
                // Not NaN, and so small that the scale is a float16.
                var scale = (Half)(Math.Abs(block[i]) / LargestInteger);
                largest = Half.IsFinite(scale)
                    ? Math.Max(largest, Math.Abs(block[i]))
                    : throw Beyond(name, row, firstK + start + i, block[i], WeightEncoding.Q8_0);
            }

            var stored = (Half)(largest / LargestInteger);
            scales[start / BlockWeight.Block] = BitConverter.HalfToUInt16Bits(stored);
            integers.Slice(start, BlockWeight.Block).Fill(128);
            for (var i = 0; i < block.Length && stored != Half.Zero; i++)
            {
                var integer = MathF.Round(block[i] / (float)stored, MidpointRounding.ToEven);
                integers[start + i] = (byte)(128 + (int)Math.Clamp(integer, -LargestInteger, LargestInteger));
            }
        }
    }

    private static InputException Beyond(string name, int row, int k, float value, WeightEncoding encoding) =>
        new($"{name}: the number {value} for output {row} and input {k} cannot be stored as {encoding}.");
}
