using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What <see cref="EncodedTile{TSimd, TBits, TVector, TWeight}"/> multiplies.</summary>
internal unsafe struct EncodedTileArgs
{
    /// <summary>(rows, K), rows <see cref="XStride"/> apart.</summary>
    public float* X;

    public nint XStride;

    public byte* Panel;

    /// <summary>The panel that comes next.</summary>
    public byte* Ahead;

    /// <summary>Whole blocks.</summary>
    public nint K;

    /// <summary>(rows, registers · lanes), dense.</summary>
    public float* Sums;
}

/// <summary>Computes: up to 4 rows of x times one encoded panel, sums[r][n] = Σk x[r][k] · panel[k][n] over whole blocks.
/// A number is widened in a register, for all rows at once, and never stored.
/// Numerics: each number as its widening to float32 has it, one sum an output, k ascending, multiply-add.
/// Cost: a number of 4 bits takes a shift, a look-up and a multiply-add, its product one more for each row: with two
/// such units 64 cycles for 32 k of a register of columns, 320 bytes, 11 GB/s at 2.2 GHz: reached in cache, 8.5 beyond it.
/// 8 bits take as long for 544 bytes and read 13 GB/s beyond the caches, as float32 does. With 16 registers two sums a row
/// wait for each other, 2 cycles a register; two panels at once gain nothing there, since their scales are spilled.</summary>
internal readonly unsafe struct EncodedTile<TSimd, TBits, TVector, TWeight> : IRegisterTile<EncodedTileArgs>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
    where TWeight : IEncodedWeight
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVectors, TRows>(EncodedTileArgs* args)
        where TVectors : ICount
        where TRows : ICount
    {
        TileRow<TSimd, TVector, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
        EncodedColumn<TSimd, TBits, TVector, TWeight> w0 = default, w1 = default, w2 = default;
        var cellBytes = (nint)EncodedSizes<TWeight>.CellBytes * TSimd.Lanes;
        var x = args->X;
        var xStride = args->XStride;
        var end = x + args->K;
        var panel = args->Panel;
        var ahead = args->Ahead;

        // The next panel comes in by several streams while this one is computed: processors follow each of them by itself.
        var streams = MatMulCpuPrefetch.StreamsFor(TVectors.Value * TSimd.Lanes * sizeof(float));
        var stretch = MatMulCpuPrefetch.Stretch(args->K / TWeight.CellK * cellBytes * TVectors.Value, streams);
        while (x < end)
        {
            var block = panel + TWeight.SharedBytes * TSimd.Lanes;
            for (var b = 0; b < TWeight.CellK / TWeight.BlockK && x < end; b++)
            {
                w0.Begin(panel, block);
                if (TVectors.Value > 1)
                {
                    w1.Begin(panel + cellBytes, block + cellBytes);
                }

                if (TVectors.Value > 2)
                {
                    w2.Begin(panel + 2 * cellBytes, block + 2 * cellBytes);
                }

                var words = block + TWeight.ScaleBytes * TSimd.Lanes;
                for (var i = 0; i < TWeight.BlockK / TWeight.WordK; i++)
                {
                    MatMulCpuPrefetch.Streams(ahead, stretch, streams);
                    ahead += MatMulCpuPrefetch.LineBytes;
                    w0.Load(words);
                    if (TVectors.Value > 1)
                    {
                        w1.Load(words + cellBytes);
                    }

                    if (TVectors.Value > 2)
                    {
                        w2.Load(words + 2 * cellBytes);
                    }

                    Step<TVectors, TRows>(0, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    Step<TVectors, TRows>(1, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    Step<TVectors, TRows>(2, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    Step<TVectors, TRows>(3, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    Step<TVectors, TRows>(4, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    Step<TVectors, TRows>(5, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    Step<TVectors, TRows>(6, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    Step<TVectors, TRows>(7, x, xStride, w0, w1, w2, ref c0, ref c1, ref c2, ref c3);
                    w0.Next();
                    w1.Next();
                    w2.Next();
                    words += sizeof(float) * TSimd.Lanes;
                    x += TWeight.WordK;
                }

                block += EncodedSizes<TWeight>.BlockBytes * TSimd.Lanes;
            }

            panel += TVectors.Value * cellBytes;
        }

        c0.Store<TRows>(0, args->Sums);
        c1.Store<TRows>(1, args->Sums);
        c2.Store<TRows>(2, args->Sums);
        c3.Store<TRows>(3, args->Sums);
    }

    /// <summary>The products of one k with all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TVectors, TRows>(
        int place, float* x, nint xStride, in EncodedColumn<TSimd, TBits, TVector, TWeight> w0,
        in EncodedColumn<TSimd, TBits, TVector, TWeight> w1, in EncodedColumn<TSimd, TBits, TVector, TWeight> w2,
        ref TileRow<TSimd, TVector, TVectors> c0, ref TileRow<TSimd, TVector, TVectors> c1,
        ref TileRow<TSimd, TVector, TVectors> c2, ref TileRow<TSimd, TVector, TVectors> c3)
        where TVectors : ICount
        where TRows : ICount
    {
        if (place < TWeight.WordK)
        {
            var b0 = w0.Number(place);
            var b1 = TVectors.Value > 1 ? w1.Number(place) : default;
            var b2 = TVectors.Value > 2 ? w2.Number(place) : default;
            c0.Add<TRows>(0, x + place, b0, b1, b2);
            c1.Add<TRows>(1, x + xStride + place, b0, b1, b2);
            c2.Add<TRows>(2, x + 2 * xStride + place, b0, b1, b2);
            c3.Add<TRows>(3, x + 3 * xStride + place, b0, b1, b2);
        }
    }
}
