using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: up to 8 rows of 8-bit x times up to 3 registers of columns of a widened panel,
/// as Int8Widen lays it out. For processors with 32 registers
/// (AVX-512, ARM): 24 sums, 3 of the panel, 1 of x and 1 of products.
/// Numerics: <see cref="Int8Scaling{TSimd, TLanes, TDot, TFloat, TInt, TForm}"/>, blocks ascending; sums go on from where
/// they were, so cuts of k change no bits.
/// Edges: row and register counts are type parameters, each its own machine code, compiled when first used.
/// Cost: for a register of outputs and 32 k 8 steps (16 of words) and 3 to 5 instructions to scale, its load and store.</summary>
internal static unsafe class Int8TileWide<TSimd, TLanes, TDot, TFloat, TInt, TForm>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
{
    /// <summary>Rows and registers of columns of the largest tile.</summary>
    public const int MaxRows = 8;

    public const int MaxVectors = 3;

    /// <summary>x is (rows, blocks) with rows xStride bytes apart; rows of the panel and of the sums have
    /// <paramref name="width"/> columns.</summary>
    public static void Run(
        byte* x, nint xStride, byte* wide, nint blocks, float* sums, nint width, int rows, int vectors, bool accumulate)
    {
        switch (vectors)
        {
            case 1:
                Run<One>(x, xStride, wide, blocks, sums, width, rows, accumulate);
                break;
            case 2:
                Run<Two>(x, xStride, wide, blocks, sums, width, rows, accumulate);
                break;
            default:
                Run<Three>(x, xStride, wide, blocks, sums, width, rows, accumulate);
                break;
        }
    }

    private static void Run<TVectors>(
        byte* x, nint xStride, byte* wide, nint blocks, float* sums, nint width, int rows, bool accumulate)
        where TVectors : ICount
    {
        switch (rows)
        {
            case 1:
                Tile<TVectors, One>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
            case 2:
                Tile<TVectors, Two>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
            case 3:
                Tile<TVectors, Three>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
            case 4:
                Tile<TVectors, Four>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
            case 5:
                Tile<TVectors, Five>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
            case 6:
                Tile<TVectors, Six>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
            case 7:
                Tile<TVectors, Seven>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
            default:
                Tile<TVectors, Eight>(x, xStride, wide, blocks, sums, width, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TVectors, TRows>(
        byte* x, nint xStride, byte* wide, nint blocks, float* sums, nint width, bool accumulate)
        where TVectors : ICount
        where TRows : ICount
    {
        if (!accumulate)
        {
            Clear<TVectors, TRows>(sums, width);
        }

        var row = width * sizeof(float);
        var x0 = x;
        var x1 = TRows.Value > 1 ? x0 + xStride : x;
        var x2 = TRows.Value > 2 ? x1 + xStride : x;
        var x3 = TRows.Value > 3 ? x2 + xStride : x;
        var x4 = TRows.Value > 4 ? x3 + xStride : x;
        var x5 = TRows.Value > 5 ? x4 + xStride : x;
        var x6 = TRows.Value > 6 ? x5 + xStride : x;
        var x7 = TRows.Value > 7 ? x6 + xStride : x;
        for (nint b = 0; b < blocks; b++)
        {
            var scales = (float*)wide;
            wide += TForm.HasMinimum || TForm.HasHalves ? 2 * row : row;
            nint at = Int8Rows.Integers;
            for (nint half = 0; half < (TForm.HasHalves ? 2 : 1); half++)
            {
                var w0 = TLanes.Load(wide);
                var w1 = TVectors.Value > 1 ? TLanes.Load(wide + TSimd.Lanes * sizeof(float)) : default;
                var w2 = TVectors.Value > 2 ? TLanes.Load(wide + 2 * TSimd.Lanes * sizeof(float)) : default;
                First<TVectors, TRows>(0, out TInt c00, out TInt c01, out TInt c02, x0, at, half, w0, w1, w2);
                First<TVectors, TRows>(1, out TInt c10, out TInt c11, out TInt c12, x1, at, half, w0, w1, w2);
                First<TVectors, TRows>(2, out TInt c20, out TInt c21, out TInt c22, x2, at, half, w0, w1, w2);
                First<TVectors, TRows>(3, out TInt c30, out TInt c31, out TInt c32, x3, at, half, w0, w1, w2);
                First<TVectors, TRows>(4, out TInt c40, out TInt c41, out TInt c42, x4, at, half, w0, w1, w2);
                First<TVectors, TRows>(5, out TInt c50, out TInt c51, out TInt c52, x5, at, half, w0, w1, w2);
                First<TVectors, TRows>(6, out TInt c60, out TInt c61, out TInt c62, x6, at, half, w0, w1, w2);
                First<TVectors, TRows>(7, out TInt c70, out TInt c71, out TInt c72, x7, at, half, w0, w1, w2);
                wide += row;
                at += 4;
                var end = at + (TForm.HasHalves ? 16 : 32) / TDot.StepK * 4 - 4;
                while (at < end)
                {
                    w0 = TLanes.Load(wide);
                    w1 = TVectors.Value > 1 ? TLanes.Load(wide + TSimd.Lanes * sizeof(float)) : default;
                    w2 = TVectors.Value > 2 ? TLanes.Load(wide + 2 * TSimd.Lanes * sizeof(float)) : default;
                    Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x0 + at, w0, w1, w2);
                    Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x1 + at, w0, w1, w2);
                    Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x2 + at, w0, w1, w2);
                    Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x3 + at, w0, w1, w2);
                    Add<TVectors, TRows>(4, ref c40, ref c41, ref c42, x4 + at, w0, w1, w2);
                    Add<TVectors, TRows>(5, ref c50, ref c51, ref c52, x5 + at, w0, w1, w2);
                    Add<TVectors, TRows>(6, ref c60, ref c61, ref c62, x6 + at, w0, w1, w2);
                    Add<TVectors, TRows>(7, ref c70, ref c71, ref c72, x7 + at, w0, w1, w2);
                    wide += row;
                    at += 4;
                }

                Finish<TVectors, TRows>(0, c00, c01, c02, x0, half, scales, row, sums);
                Finish<TVectors, TRows>(1, c10, c11, c12, x1, half, scales, row, sums + width);
                Finish<TVectors, TRows>(2, c20, c21, c22, x2, half, scales, row, sums + 2 * width);
                Finish<TVectors, TRows>(3, c30, c31, c32, x3, half, scales, row, sums + 3 * width);
                Finish<TVectors, TRows>(4, c40, c41, c42, x4, half, scales, row, sums + 4 * width);
                Finish<TVectors, TRows>(5, c50, c51, c52, x5, half, scales, row, sums + 5 * width);
                Finish<TVectors, TRows>(6, c60, c61, c62, x6, half, scales, row, sums + 6 * width);
                Finish<TVectors, TRows>(7, c70, c71, c72, x7, half, scales, row, sums + 7 * width);
                scales = (float*)((byte*)scales + row);
            }

            x0 += Int8Rows.BlockBytes(TDot.StepK);
            x1 += Int8Rows.BlockBytes(TDot.StepK);
            x2 += Int8Rows.BlockBytes(TDot.StepK);
            x3 += Int8Rows.BlockBytes(TDot.StepK);
            x4 += Int8Rows.BlockBytes(TDot.StepK);
            x5 += Int8Rows.BlockBytes(TDot.StepK);
            x6 += Int8Rows.BlockBytes(TDot.StepK);
            x7 += Int8Rows.BlockBytes(TDot.StepK);
        }
    }

    private static void Clear<TVectors, TRows>(float* sums, nint width)
        where TVectors : ICount
        where TRows : ICount
    {
        for (nint r = 0; r < TRows.Value; r++)
        {
            for (var v = 0; v < TVectors.Value; v++)
            {
                TSimd.Store(default, sums + r * width + v * TSimd.Lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void First<TVectors, TRows>(
        int row, out TInt c0, out TInt c1, out TInt c2, byte* x, nint at, nint half, TInt w0, TInt w1, TInt w2)
        where TVectors : ICount
        where TRows : ICount
    {
        c0 = c1 = c2 = default;
        if (row < TRows.Value)
        {
            var start = (int*)(x + Int8Rows.Start) + half;
            var a = TLanes.All(*(int*)(x + at));
            c0 = TDot.First(w0, a, start);
            if (TVectors.Value > 1)
            {
                c1 = TDot.First(w1, a, start);
            }

            if (TVectors.Value > 2)
            {
                c2 = TDot.First(w2, a, start);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TVectors, TRows>(
        int row, ref TInt c0, ref TInt c1, ref TInt c2, byte* x, TInt w0, TInt w1, TInt w2)
        where TVectors : ICount
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            var a = TLanes.All(*(int*)x);
            c0 = TDot.Add(c0, w0, a);
            if (TVectors.Value > 1)
            {
                c1 = TDot.Add(c1, w1, a);
            }

            if (TVectors.Value > 2)
            {
                c2 = TDot.Add(c2, w2, a);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TVectors, TRows>(
        int row, TInt c0, TInt c1, TInt c2, byte* x, nint half, float* scales, nint toMinima, float* sums)
        where TVectors : ICount
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            Finish(c0, x, half, scales, toMinima, sums);
            if (TVectors.Value > 1)
            {
                Finish(c1, x, half, scales + TSimd.Lanes, toMinima, sums + TSimd.Lanes);
            }

            if (TVectors.Value > 2)
            {
                Finish(c2, x, half, scales + 2 * TSimd.Lanes, toMinima, sums + 2 * TSimd.Lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TInt c, byte* x, nint half, float* scales, nint toMinima, float* sums)
    {
        var minimum = TForm.HasMinimum ? TSimd.Load((float*)((byte*)scales + toMinima)) : default;
        var sum = Int8Scaling<TSimd, TLanes, TDot, TFloat, TInt, TForm>.Add(
            TSimd.Load(sums), c, x, (int*)(x + Int8Rows.Start) + half, TSimd.Load(scales), minimum);
        TSimd.Store(sum, sums);
    }
}
