using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: a piece of an encoded panel as the float32 panel [k][width] that the tiles read.
/// Numerics: exact, or one rounding where the encoding has a minimum.
/// Edges: whole blocks; a block that is not wanted whole is widened whole.
/// Cost: 2 to 6 instructions and a store for a register of numbers; the encoded panel is read once.</summary>
internal static unsafe class EncodedWiden<TSimd, TBits, TVector, TWeight>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
    where TWeight : IEncodedWeight
{
    // Bytes.
    private const int PrefetchDistance = 4096;

    /// <summary>Widens k from <paramref name="firstK"/> on, the start of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte* panel, int vectors, nint firstK, nint depth, float* destination)
    {
        var width = (nint)vectors * TSimd.Lanes;
        for (var k = firstK; k < firstK + depth; k += TWeight.BlockK)
        {
            var cells = k / TWeight.CellK;
            var block = (k - cells * TWeight.CellK) / TWeight.BlockK * EncodedSizes<TWeight>.BlockBytes + TWeight.SharedBytes;
            for (nint v = 0; v < vectors; v++)
            {
                var cell = panel + (cells * vectors + v) * EncodedSizes<TWeight>.CellBytes * TSimd.Lanes;
                Block(cell, cell + block * TSimd.Lanes, destination + v * TSimd.Lanes, width);
            }

            destination += TWeight.BlockK * width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(byte* cell, byte* block, float* destination, nint width)
    {
        EncodedColumn<TSimd, TBits, TVector, TWeight> column = default;
        column.Begin(cell, block);
        var words = block + TWeight.ScaleBytes * TSimd.Lanes;
        for (nint i = 0; i < TWeight.BlockK / TWeight.WordK; i++)
        {
            TSimd.Prefetch((float*)(words + PrefetchDistance));
            column.Load(words);
            Store(column, 0, destination, width);
            Store(column, 1, destination, width);
            Store(column, 2, destination, width);
            Store(column, 3, destination, width);
            Store(column, 4, destination, width);
            Store(column, 5, destination, width);
            Store(column, 6, destination, width);
            Store(column, 7, destination, width);
            column.Next();
            words += sizeof(float) * TSimd.Lanes;
            destination += TWeight.WordK * width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        in EncodedColumn<TSimd, TBits, TVector, TWeight> column, int place, float* destination, nint width)
    {
        if (place < TWeight.WordK)
        {
            TSimd.Store(column.Number(place), destination + place * width);
        }
    }
}
