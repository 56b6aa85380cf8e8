using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>Packs one row of a weight for a device: 32-bit words, rows of whole 128-bit cells.</summary>
internal static class WeightRowEncoder
{
    /// <summary>Narrow rows go on with zeros to a multiple of this.</summary>
    private const int Padding = BlockWeight.Block;

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
                BlockEncoder.Halves(name, row, values, MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case WeightEncoding.BF16:
                BlockEncoder.BFloats(name, row, values, MemoryMarshal.Cast<byte, ushort>(bytes));
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

    /// <summary>Scales of a chunk's blocks, then its integers with 128 added.</summary>
    private static void Blocks(string name, int row, int firstK, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        var scales = MemoryMarshal.Cast<byte, Half>(bytes[..(BlockWeight.WordsOfScales * sizeof(float))]);
        var integers = bytes[(BlockWeight.WordsOfScales * sizeof(float))..];
        Span<sbyte> signed = stackalloc sbyte[BlockWeight.Block];
        for (var start = 0; start < values.Length; start += BlockWeight.Block)
        {
            var block = values[start..Math.Min(values.Length, start + BlockWeight.Block)];
            scales[start / BlockWeight.Block] = BlockEncoder.Q8_0(name, row, firstK + start, block, signed);
            for (var i = 0; i < BlockWeight.Block; i++)
            {
                integers[start + i] = (byte)(128 + signed[i]);
            }
        }
    }
}
