using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: up to 6 rows of x times one panel of up to 2 registers, sums[r][n] (+)= Σk x[r][k] · panel[k][n].
/// For processors with 16 registers (AVX2, SSE): 12 sums, 2 of the panel and 1 of x.
/// Numerics: one sum an output, k ascending, multiply-add; sums go on from where they were, so cuts of k change no bits.
/// Edges: row and register counts are type parameters, each its own machine code, compiled when first used.
/// Cost: 2 · rows · width · k flops; the panel is read once, 12 floats of x a row and 4 k are in the first-level cache.</summary>
internal static unsafe class MatMulCpuTileNarrow<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>Rows and registers a panel of the largest tile.</summary>
    public const int MaxRows = 6;

    public const int MaxVectors = 2;

    // Floats, 4 KB, as in the wide tile.
    private const int PrefetchDistance = 1024;

    /// <summary>x is (rows, k) with rows xStride apart; the panel is (k, vectors · lanes) and the sums are
    /// (rows, vectors · lanes), both dense. Meanwhile aheadFloats of weight from ahead on, which a later tile reads, are
    /// brought into the second-level cache.</summary>
    public static void Run(
        float* x, nint xStride, float* panel, nint k, float* sums, int rows, int vectors, bool accumulate,
        float* ahead, nint aheadFloats)
    {
        if (vectors == 1)
        {
            Run<One>(x, xStride, panel, k, sums, rows, accumulate, ahead, aheadFloats);
        }
        else
        {
            Run<Two>(x, xStride, panel, k, sums, rows, accumulate, ahead, aheadFloats);
        }
    }

    private static void Run<TVectors>(
        float* x, nint xStride, float* panel, nint k, float* sums, int rows, bool accumulate, float* ahead,
        nint aheadFloats)
        where TVectors : ICount
    {
        switch (rows)
        {
            case 1:
                Tile<TVectors, One>(x, xStride, panel, k, sums, accumulate, ahead, aheadFloats);
                break;
            case 2:
                Tile<TVectors, Two>(x, xStride, panel, k, sums, accumulate, ahead, aheadFloats);
                break;
            case 3:
                Tile<TVectors, Three>(x, xStride, panel, k, sums, accumulate, ahead, aheadFloats);
                break;
            case 4:
                Tile<TVectors, Four>(x, xStride, panel, k, sums, accumulate, ahead, aheadFloats);
                break;
            case 5:
                Tile<TVectors, Five>(x, xStride, panel, k, sums, accumulate, ahead, aheadFloats);
                break;
            default:
                Tile<TVectors, Six>(x, xStride, panel, k, sums, accumulate, ahead, aheadFloats);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TVectors, TRows>(
        float* x, nint xStride, float* panel, nint k, float* sums, bool accumulate, float* ahead, nint aheadFloats)
        where TVectors : ICount
        where TRows : ICount
    {
        TVector c00 = default, c01 = default;
        TVector c10 = default, c11 = default;
        TVector c20 = default, c21 = default;
        TVector c30 = default, c31 = default;
        TVector c40 = default, c41 = default;
        TVector c50 = default, c51 = default;
        var width = TVectors.Value * TSimd.Lanes;
        if (accumulate)
        {
            Load<TVectors, TRows>(0, ref c00, ref c01, sums + 0 * width);
            Load<TVectors, TRows>(1, ref c10, ref c11, sums + 1 * width);
            Load<TVectors, TRows>(2, ref c20, ref c21, sums + 2 * width);
            Load<TVectors, TRows>(3, ref c30, ref c31, sums + 3 * width);
            Load<TVectors, TRows>(4, ref c40, ref c41, sums + 4 * width);
            Load<TVectors, TRows>(5, ref c50, ref c51, sums + 5 * width);
        }

        var x0 = x;
        var x1 = TRows.Value > 1 ? x0 + xStride : x;
        var x2 = TRows.Value > 2 ? x1 + xStride : x;
        var x3 = TRows.Value > 3 ? x2 + xStride : x;
        var x4 = TRows.Value > 4 ? x3 + xStride : x;
        var x5 = TRows.Value > 5 ? x4 + xStride : x;
        nint i = 0;
        var aheadEnd = ahead + aheadFloats;
        for (; i + 4 <= k; i += 4)
        {
            MatMulCpuPrefetch.IntoSecondLevel(ahead + 4 * i, k, aheadEnd);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel, PrefetchDistance);
            var b00 = TSimd.Load(panel);
            var b01 = TVectors.Value > 1 ? TSimd.Load(panel + TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, x0 + i, b00, b01);
            Add<TVectors, TRows>(1, ref c10, ref c11, x1 + i, b00, b01);
            Add<TVectors, TRows>(2, ref c20, ref c21, x2 + i, b00, b01);
            Add<TVectors, TRows>(3, ref c30, ref c31, x3 + i, b00, b01);
            Add<TVectors, TRows>(4, ref c40, ref c41, x4 + i, b00, b01);
            Add<TVectors, TRows>(5, ref c50, ref c51, x5 + i, b00, b01);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel + width, PrefetchDistance);
            var b10 = TSimd.Load(panel + width);
            var b11 = TVectors.Value > 1 ? TSimd.Load(panel + 1 * width + TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, x0 + 1 + i, b10, b11);
            Add<TVectors, TRows>(1, ref c10, ref c11, x1 + 1 + i, b10, b11);
            Add<TVectors, TRows>(2, ref c20, ref c21, x2 + 1 + i, b10, b11);
            Add<TVectors, TRows>(3, ref c30, ref c31, x3 + 1 + i, b10, b11);
            Add<TVectors, TRows>(4, ref c40, ref c41, x4 + 1 + i, b10, b11);
            Add<TVectors, TRows>(5, ref c50, ref c51, x5 + 1 + i, b10, b11);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel + 2 * width, PrefetchDistance);
            var b20 = TSimd.Load(panel + 2 * width);
            var b21 = TVectors.Value > 1 ? TSimd.Load(panel + 2 * width + TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, x0 + 2 + i, b20, b21);
            Add<TVectors, TRows>(1, ref c10, ref c11, x1 + 2 + i, b20, b21);
            Add<TVectors, TRows>(2, ref c20, ref c21, x2 + 2 + i, b20, b21);
            Add<TVectors, TRows>(3, ref c30, ref c31, x3 + 2 + i, b20, b21);
            Add<TVectors, TRows>(4, ref c40, ref c41, x4 + 2 + i, b20, b21);
            Add<TVectors, TRows>(5, ref c50, ref c51, x5 + 2 + i, b20, b21);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel + 3 * width, PrefetchDistance);
            var b30 = TSimd.Load(panel + 3 * width);
            var b31 = TVectors.Value > 1 ? TSimd.Load(panel + 3 * width + TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, x0 + 3 + i, b30, b31);
            Add<TVectors, TRows>(1, ref c10, ref c11, x1 + 3 + i, b30, b31);
            Add<TVectors, TRows>(2, ref c20, ref c21, x2 + 3 + i, b30, b31);
            Add<TVectors, TRows>(3, ref c30, ref c31, x3 + 3 + i, b30, b31);
            Add<TVectors, TRows>(4, ref c40, ref c41, x4 + 3 + i, b30, b31);
            Add<TVectors, TRows>(5, ref c50, ref c51, x5 + 3 + i, b30, b31);

            panel += 4 * width;
        }

        for (; i < k; i++)
        {
            var b0 = TSimd.Load(panel);
            var b1 = TVectors.Value > 1 ? TSimd.Load(panel + TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, x0 + i, b0, b1);
            Add<TVectors, TRows>(1, ref c10, ref c11, x1 + i, b0, b1);
            Add<TVectors, TRows>(2, ref c20, ref c21, x2 + i, b0, b1);
            Add<TVectors, TRows>(3, ref c30, ref c31, x3 + i, b0, b1);
            Add<TVectors, TRows>(4, ref c40, ref c41, x4 + i, b0, b1);
            Add<TVectors, TRows>(5, ref c50, ref c51, x5 + i, b0, b1);
            panel += width;
        }

        Store<TVectors, TRows>(0, c00, c01, sums + 0 * width);
        Store<TVectors, TRows>(1, c10, c11, sums + 1 * width);
        Store<TVectors, TRows>(2, c20, c21, sums + 2 * width);
        Store<TVectors, TRows>(3, c30, c31, sums + 3 * width);
        Store<TVectors, TRows>(4, c40, c41, sums + 4 * width);
        Store<TVectors, TRows>(5, c50, c51, sums + 5 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TVectors, TRows>(
        int row, ref TVector c0, ref TVector c1, float* x, TVector b0, TVector b1)
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
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TVectors, TRows>(int row, ref TVector c0, ref TVector c1, float* sums)
        where TVectors : ICount
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            c0 = TSimd.Load(sums);
            c1 = TVectors.Value > 1 ? TSimd.Load(sums + TSimd.Lanes) : default;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVectors, TRows>(int row, TVector c0, TVector c1, float* sums)
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
        }
    }
}
