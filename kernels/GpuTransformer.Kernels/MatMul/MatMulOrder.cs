namespace GpuTransformer.Kernels;

/// <summary>The order in which every naive and group variant adds up a sum, so that all give the same bits: k is cut at
/// multiples of <see cref="Chunk"/>, each chunk is summed from 0 with k ascending in one accumulator, and the chunks are
/// added in ascending order, beginning with 0.
/// Why 256: a chain of so many dependent multiply-adds takes 256 · 4 cycles, 0.6 µs at 1.7 GHz, and is the floor of a
/// product with one row; K = 3072 in one chain would take 7 µs. The largest tile pays for a merge every 256 steps with 16
/// loads and 16 stores of 128 bits a thread, 1 % of the chunk's instructions.</summary>
internal static class MatMulOrder
{
    public const int Chunk = 256;

    public const int ChunkShift = 8;

    /// <summary>Chunks of a sum of length k.</summary>
    public static int Chunks(int k) => ((k - 1) >> ChunkShift) + 1;
}
