using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: up to 4 rows of x times two whole panels, all of k. For few rows the time is that of reading the
/// weight, and two streams a thread read memory faster than one: 1.25 to 1.45 times on a server core.
/// Numerics: as the other tiles, one sum an output, k ascending, so one row alone gets the bits it has among many.
/// Cost: 2 · rows · 2 · width · k flops, 8 · width · k bytes of weight.</summary>
internal static unsafe class MatMulCpuPair<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    // Floats ahead of the current k in each panel: 8 KB. The study of this loop found nothing better.
    private const int PrefetchDistance = 2048;

    /// <summary>x is (rows, k) with rows xStride apart; each panel is (k, vectors · lanes), and so is the half of the
    /// sums that belongs to it, (2, rows, vectors · lanes).</summary>
    public static void Run(
        float* x, nint xStride, float* panel0, float* panel1, nint k, float* sums, int rows, int vectors)
    {
        if (vectors == 2)
        {
            Run<Two>(x, xStride, panel0, panel1, k, sums, rows);
        }
        else
        {
            Run<Three>(x, xStride, panel0, panel1, k, sums, rows);
        }
    }

    private static void Run<TVectors>(
        float* x, nint xStride, float* panel0, float* panel1, nint k, float* sums, int rows)
        where TVectors : ICount
    {
        switch (rows)
        {
            case 1:
                Tile<TVectors, One>(x, xStride, panel0, panel1, k, sums);
                break;
            case 2:
                Tile<TVectors, Two>(x, xStride, panel0, panel1, k, sums);
                break;
            case 3:
                Tile<TVectors, Three>(x, xStride, panel0, panel1, k, sums);
                break;
            default:
                Tile<TVectors, Four>(x, xStride, panel0, panel1, k, sums);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TVectors, TRows>(
        float* x, nint xStride, float* panel0, float* panel1, nint k, float* sums)
        where TVectors : ICount
        where TRows : ICount
    {
        TVector c00 = default, c01 = default, c02 = default;
        TVector c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default;
        TVector c30 = default, c31 = default, c32 = default;
        TVector d00 = default, d01 = default, d02 = default;
        TVector d10 = default, d11 = default, d12 = default;
        TVector d20 = default, d21 = default, d22 = default;
        TVector d30 = default, d31 = default, d32 = default;
        var width = TVectors.Value * TSimd.Lanes;
        var x0 = x;
        var x1 = TRows.Value > 1 ? x0 + xStride : x;
        var x2 = TRows.Value > 2 ? x1 + xStride : x;
        var x3 = TRows.Value > 3 ? x2 + xStride : x;
        for (nint i = 0; i < k; i++)
        {
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel0, PrefetchDistance);
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel1, PrefetchDistance);
            var b0 = TSimd.Load(panel0);
            var e0 = TSimd.Load(panel1);
            var b1 = TVectors.Value > 1 ? TSimd.Load(panel0 + TSimd.Lanes) : default;
            var e1 = TVectors.Value > 1 ? TSimd.Load(panel1 + TSimd.Lanes) : default;
            var b2 = TVectors.Value > 2 ? TSimd.Load(panel0 + 2 * TSimd.Lanes) : default;
            var e2 = TVectors.Value > 2 ? TSimd.Load(panel1 + 2 * TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x0 + i, b0, b1, b2);
            Add<TVectors, TRows>(0, ref d00, ref d01, ref d02, x0 + i, e0, e1, e2);
            Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x1 + i, b0, b1, b2);
            Add<TVectors, TRows>(1, ref d10, ref d11, ref d12, x1 + i, e0, e1, e2);
            Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x2 + i, b0, b1, b2);
            Add<TVectors, TRows>(2, ref d20, ref d21, ref d22, x2 + i, e0, e1, e2);
            Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x3 + i, b0, b1, b2);
            Add<TVectors, TRows>(3, ref d30, ref d31, ref d32, x3 + i, e0, e1, e2);
            panel0 += width;
            panel1 += width;
        }

        Store<TVectors, TRows>(0, c00, c01, c02, sums + 0 * width);
        Store<TVectors, TRows>(0, d00, d01, d02, sums + (TRows.Value + 0) * width);
        Store<TVectors, TRows>(1, c10, c11, c12, sums + 1 * width);
        Store<TVectors, TRows>(1, d10, d11, d12, sums + (TRows.Value + 1) * width);
        Store<TVectors, TRows>(2, c20, c21, c22, sums + 2 * width);
        Store<TVectors, TRows>(2, d20, d21, d22, sums + (TRows.Value + 2) * width);
        Store<TVectors, TRows>(3, c30, c31, c32, sums + 3 * width);
        Store<TVectors, TRows>(3, d30, d31, d32, sums + (TRows.Value + 3) * width);
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
