using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Blocks of 32 8-bit integers with a float16 scale. A row is cut at multiples of 256 steps of k like the sums; a
/// chunk is one cell with the scales of its 8 blocks and up to 16 cells of integers, each stored with 128 added. So all
/// that a thread loads at once is 128 bits at a multiple of 16 bytes.</summary>
internal struct BlockWeight : IMatMulWeight
{
    /// <summary>32-bit words of a whole chunk.</summary>
    public const int WordsOfChunk = WordsOfScales + MatMulOrder.Chunk / 4;

    /// <summary>32-bit words of a chunk's scales.</summary>
    public const int WordsOfScales = 4;

    /// <summary>Elements that share a scale.</summary>
    public const int Block = 32;

    public static WeightEncoding Encoding => WeightEncoding.Q8_0;

    public static bool NeedsAlignment => true;

    public static bool IsPadded => true;

    public static int QuadsOfCell => 4;

    public static bool HasScales => true;

    public static int Start(int row, int quad, int step) => row;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(ArrayView<float> data, int start, int k, int quad, int step)
    {
        var words = data.Cast<int>();
        var chunk = start + (k >> MatMulOrder.ChunkShift) * WordsOfChunk;
        var inside = k & (MatMulOrder.Chunk - 1);
        var scale = Scale(words[chunk + (inside >> 6)], inside >> 5);
        return Widen(words[chunk + WordsOfScales + (inside >> 2) + quad], scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Element(ArrayView<float> data, int row, int k, int step)
    {
        var words = data.Cast<int>();
        var chunk = row + (k >> MatMulOrder.ChunkShift) * WordsOfChunk;
        var inside = k & (MatMulOrder.Chunk - 1);
        var scale = Scale(words[chunk + (inside >> 6)], inside >> 5);
        return Number(words[chunk + WordsOfScales + (inside >> 2)] >> ((inside & 3) << 3)) * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 Cell(ArrayView<float> data, int row, int k, int lengthK, int step)
    {
        k = Math.Min(k, (lengthK - 1) & -16);
        var chunk = row + (k >> MatMulOrder.ChunkShift) * WordsOfChunk;
        return data.Cast<Words4>()[(chunk + WordsOfScales + ((k & (MatMulOrder.Chunk - 1)) >> 2)) >> 2];
    }

    public static Words4 LastCell(Words4 cell, int count) => cell;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Widen(Words4 cell, int quad, float scale) =>
        Widen(quad == 0 ? cell.X : quad == 1 ? cell.Y : quad == 2 ? cell.Z : cell.W, scale);

    /// <summary>The scale of a block, from the word that holds it and the one beside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(int word, int block) => HalfWeight.Upper(word << ((~block & 1) << 4));

    /// <summary>An integer and its scale have 7 and 11 bits: their product is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Widen(int word, float scale)
    {
        Float4 quad;
        quad.X = Number(word) * scale;
        quad.Y = Number(word >> 8) * scale;
        quad.Z = Number(word >> 16) * scale;
        quad.W = Number(word >> 24) * scale;
        return quad;
    }

    /// <summary>The integer in the lowest byte: as the last bits of 2^23 it is a float32 without a conversion, which
    /// would take 2 to 8 times the cycles of an addition.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Number(int word) => Interop.IntAsFloat((uint)((word & 255) | 0x4B000000)) - 8388736f;
}
