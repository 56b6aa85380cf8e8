using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: up to 4 rows of x times one encoded panel, sums[r][n] = Σk x[r][k] · panel[k][n] over whole blocks.
/// A number is widened in a register, for all rows at once, and never stored.
/// Numerics: each number as its widening to float32 has it, one sum an output, k ascending, multiply-add.
/// Edges: row and register counts are type parameters, each its own machine code, compiled when first used.
/// Cost: a number of 4 bits takes a shift, a look-up and a multiply-add, its product one more for each row: with two
/// such units 64 cycles for 32 k of a register of columns, 320 bytes, 11 GB/s at 2.2 GHz: reached in cache, 8.5 beyond it.
/// 8 bits take as long for 544 bytes and read 13 GB/s beyond the caches, as float32 does. With 16 registers two sums a row
/// wait for each other, 2 cycles a register; two panels at once gain nothing there, since their scales are spilled.</summary>
internal static unsafe class EncodedTile<TSimd, TBits, TVector, TWeight>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
    where TWeight : IEncodedWeight<TVector>
{
    /// <summary>x is (rows, k) with rows xStride apart; the panel has <paramref name="vectors"/> registers and the sums are
    /// (rows, vectors · lanes), dense; k is a multiple of a block's; <paramref name="ahead"/> is the panel that comes next.</summary>
    public static void Run(float* x, nint xStride, byte* panel, byte* ahead, nint k, float* sums, int rows, int vectors)
    {
        switch (vectors)
        {
            case 1:
                Run<One>(x, xStride, panel, ahead, k, sums, rows);
                break;
            case 2:
                Run<Two>(x, xStride, panel, ahead, k, sums, rows);
                break;
            default:
                Run<Three>(x, xStride, panel, ahead, k, sums, rows);
                break;
        }
    }

    private static void Run<TVectors>(float* x, nint xStride, byte* panel, byte* ahead, nint k, float* sums, int rows)
        where TVectors : ICount
    {
        switch (rows)
        {
            case 1:
                Tile<TVectors, One>(x, xStride, panel, ahead, k, sums);
                break;
            case 2:
                Tile<TVectors, Two>(x, xStride, panel, ahead, k, sums);
                break;
            case 3:
                Tile<TVectors, Three>(x, xStride, panel, ahead, k, sums);
                break;
            default:
                Tile<TVectors, Four>(x, xStride, panel, ahead, k, sums);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TVectors, TRows>(float* x, nint xStride, byte* panel, byte* ahead, nint k, float* sums)
        where TVectors : ICount
        where TRows : ICount
    {
        TVector c00 = default, c01 = default, c02 = default;
        TVector c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default;
        TVector c30 = default, c31 = default, c32 = default;
        var cellBytes = (nint)TWeight.CellBytes * TSimd.Lanes;
        var end = x + k;

        // The next panel comes in by several streams while this one is computed: processors follow each of them by itself.
        var streams = MatMulCpuPrefetch.StreamsFor(TVectors.Value * TSimd.Lanes * sizeof(float));
        var stretch = MatMulCpuPrefetch.Stretch(k / TWeight.CellK * cellBytes * TVectors.Value, streams);
        while (x < end)
        {
            var block = panel + TWeight.SharedBytes * TSimd.Lanes;
            for (var b = 0; b < TWeight.CellK / TWeight.BlockK && x < end; b++)
            {
                TVector s1 = default, m1 = default, s2 = default, m2 = default;
                TVector u0 = default, u1 = default, u2 = default;
                TWeight.Scales(panel, block, out var s0, out var m0);
                if (TVectors.Value > 1)
                {
                    TWeight.Scales(panel + cellBytes, block + cellBytes, out s1, out m1);
                }

                if (TVectors.Value > 2)
                {
                    TWeight.Scales(panel + 2 * cellBytes, block + 2 * cellBytes, out s2, out m2);
                }

                if (TWeight.UpperBytes > 0)
                {
                    var upper = block + TWeight.UpperBytes * TSimd.Lanes;
                    u0 = TSimd.Load((float*)upper);
                    u1 = TVectors.Value > 1 ? TSimd.Load((float*)(upper + cellBytes)) : default;
                    u2 = TVectors.Value > 2 ? TSimd.Load((float*)(upper + 2 * cellBytes)) : default;
                }

                var words = block + TWeight.ScaleBytes * TSimd.Lanes;
                for (var i = 0; i < TWeight.BlockK / TWeight.WordK; i++)
                {
                    MatMulCpuPrefetch.Streams(ahead, stretch, streams);
                    ahead += MatMulCpuPrefetch.LineBytes;
                    var w0 = TSimd.Load((float*)words);
                    TVector w1 = default, w2 = default;
                    if (TVectors.Value > 1)
                    {
                        w1 = TSimd.Load((float*)(words + cellBytes));
                    }

                    if (TVectors.Value > 2)
                    {
                        w2 = TSimd.Load((float*)(words + 2 * cellBytes));
                    }

                    Step<TVectors, TRows>(
                        0, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    Step<TVectors, TRows>(
                        1, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    Step<TVectors, TRows>(
                        2, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    Step<TVectors, TRows>(
                        3, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    Step<TVectors, TRows>(
                        4, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    Step<TVectors, TRows>(
                        5, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    Step<TVectors, TRows>(
                        6, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    Step<TVectors, TRows>(
                        7, x, xStride, w0, w1, w2, u0, u1, u2, s0, m0, s1, m1, s2, m2, ref c00, ref c01, ref c02,
                        ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
                    if (TWeight.UpperBytes > 0)
                    {
                        u0 = TBits.ShiftRight(u0, 4);
                        u1 = TVectors.Value > 1 ? TBits.ShiftRight(u1, 4) : default;
                        u2 = TVectors.Value > 2 ? TBits.ShiftRight(u2, 4) : default;
                    }

                    words += sizeof(float) * TSimd.Lanes;
                    x += TWeight.WordK;
                }

                block += TWeight.BlockBytes * TSimd.Lanes;
            }

            panel += TVectors.Value * cellBytes;
        }

        Store<TVectors, TRows>(0, c00, c01, c02, sums);
        Store<TVectors, TRows>(1, c10, c11, c12, sums);
        Store<TVectors, TRows>(2, c20, c21, c22, sums);
        Store<TVectors, TRows>(3, c30, c31, c32, sums);
    }

    /// <summary>The products of one k with all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TVectors, TRows>(
        int place, float* x, nint xStride, TVector w0, TVector w1, TVector w2, TVector u0, TVector u1, TVector u2,
        TVector s0, TVector m0, TVector s1, TVector m1, TVector s2, TVector m2,
        ref TVector c00, ref TVector c01, ref TVector c02, ref TVector c10, ref TVector c11, ref TVector c12,
        ref TVector c20, ref TVector c21, ref TVector c22, ref TVector c30, ref TVector c31, ref TVector c32)
        where TVectors : ICount
        where TRows : ICount
    {
        if (place < TWeight.WordK)
        {
            var b0 = TWeight.Number(w0, u0, place, s0, m0);
            var b1 = TVectors.Value > 1 ? TWeight.Number(w1, u1, place, s1, m1) : default;
            var b2 = TVectors.Value > 2 ? TWeight.Number(w2, u2, place, s2, m2) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x + place, b0, b1, b2);
            Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x + xStride + place, b0, b1, b2);
            Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x + 2 * xStride + place, b0, b1, b2);
            Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x + 3 * xStride + place, b0, b1, b2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TVectors, TRows>(
        int row, ref TVector c0, ref TVector c1, ref TVector c2, float* x, TVector b0, TVector b1, TVector b2)
        where TVectors : ICount
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            var a = TSimd.Create(*x);
            c0 = TSimd.MultiplyAdd(a, b0, c0);
            if (TVectors.Value > 1)
            {
                c1 = TSimd.MultiplyAdd(a, b1, c1);
            }

            if (TVectors.Value > 2)
            {
                c2 = TSimd.MultiplyAdd(a, b2, c2);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVectors, TRows>(int row, TVector c0, TVector c1, TVector c2, float* sums)
        where TVectors : ICount
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            sums += row * TVectors.Value * TSimd.Lanes;
            TSimd.Store(c0, sums);
            if (TVectors.Value > 1)
            {
                TSimd.Store(c1, sums + TSimd.Lanes);
            }

            if (TVectors.Value > 2)
            {
                TSimd.Store(c2, sums + 2 * TSimd.Lanes);
            }
        }
    }
}
