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
    where TWeight : IEncodedWeight<TVector>
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
            var block = (k - cells * TWeight.CellK) / TWeight.BlockK * TWeight.BlockBytes + TWeight.SharedBytes;
            for (nint v = 0; v < vectors; v++)
            {
                var cell = panel + (cells * vectors + v) * TWeight.CellBytes * TSimd.Lanes;
                Block(cell, cell + block * TSimd.Lanes, destination + v * TSimd.Lanes, width);
            }

            destination += TWeight.BlockK * width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(byte* cell, byte* block, float* destination, nint width)
    {
        TWeight.Scales(cell, block, out var scale, out var minimum);
        var words = block + TWeight.ScaleBytes * TSimd.Lanes;
        var upper = TWeight.UpperBytes > 0 ? TSimd.Load((float*)(block + TWeight.UpperBytes * TSimd.Lanes)) : default;
        for (nint i = 0; i < TWeight.BlockK / TWeight.WordK; i++)
        {
            TSimd.Prefetch((float*)(words + PrefetchDistance));
            var word = TSimd.Load((float*)words);
            Store(word, upper, 0, scale, minimum, destination, width);
            Store(word, upper, 1, scale, minimum, destination, width);
            Store(word, upper, 2, scale, minimum, destination, width);
            Store(word, upper, 3, scale, minimum, destination, width);
            Store(word, upper, 4, scale, minimum, destination, width);
            Store(word, upper, 5, scale, minimum, destination, width);
            Store(word, upper, 6, scale, minimum, destination, width);
            Store(word, upper, 7, scale, minimum, destination, width);
            upper = TWeight.UpperBytes > 0 ? TBits.ShiftRight(upper, 4) : upper;
            words += sizeof(float) * TSimd.Lanes;
            destination += TWeight.WordK * width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        TVector word, TVector upper, int place, TVector scale, TVector minimum, float* destination, nint width)
    {
        if (place < TWeight.WordK)
        {
            TSimd.Store(TWeight.Number(word, upper, place, scale, minimum), destination + place * width);
        }
    }
}
