using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What <see cref="Int8Tile{TSimd, TLanes, TDot, TFloat, TInt, TForm}"/> multiplies.</summary>
internal unsafe struct Int8TileArgs
{
    /// <summary>(rows, blocks), rows <see cref="XStride"/> bytes apart.</summary>
    public byte* X;

    public nint XStride;

    /// <summary>A widened panel.</summary>
    public byte* Wide;

    public nint Blocks;

    public float* Sums;

    /// <summary>Columns of a row of the panel and of the sums.</summary>
    public nint Width;

    /// <summary>Whether sums go on from where they are.</summary>
    public bool Accumulates;
}

/// <summary>Computes: up to 8 rows of 8-bit x times up to 3 registers of columns of a panel, as Int8Widen lays it out.
/// Processors with 32 registers (AVX-512, ARM) use 24 for sums, 3 for the panel, 1 for x and 1 for products; those with 16
/// (AVX2, SSE, and AVX-VNNI, which has no more) take 6 rows of 2 registers: 12, 2, 1 and 1.
/// Numerics: <see cref="Int8Scaling{TSimd, TLanes, TDot, TFloat, TInt, TForm}"/>, blocks ascending; sums go on from where
/// they were, so cuts of k change no bits.
/// Cost: for a register of outputs and 32 k 8 steps (16 of words) and 3 to 5 instructions to scale, its load and store.</summary>
internal readonly unsafe struct Int8Tile<TSimd, TLanes, TDot, TFloat, TInt, TForm> : IRegisterTile<Int8TileArgs>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVectors, TRows>(Int8TileArgs* args)
        where TVectors : ICount
        where TRows : ICount
    {
        var sums = args->Sums;
        var width = args->Width;
        if (!args->Accumulates)
        {
            Clear<TVectors, TRows>(sums, width);
        }

        var wide = args->Wide;
        var row = width * sizeof(float);
        var x0 = args->X;
        var x1 = TRows.Value > 1 ? x0 + args->XStride : x0;
        var x2 = TRows.Value > 2 ? x1 + args->XStride : x0;
        var x3 = TRows.Value > 3 ? x2 + args->XStride : x0;
        var x4 = TRows.Value > 4 ? x3 + args->XStride : x0;
        var x5 = TRows.Value > 5 ? x4 + args->XStride : x0;
        var x6 = TRows.Value > 6 ? x5 + args->XStride : x0;
        var x7 = TRows.Value > 7 ? x6 + args->XStride : x0;
        for (var b = args->Blocks; b > 0; b--)
        {
            var scales = (float*)wide;
            wide += TForm.HasMinimum || TForm.HasHalves ? 2 * row : row;
            nint at = Int8Rows.Integers;
            for (nint half = 0; half < (TForm.HasHalves ? 2 : 1); half++)
            {
                Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
                Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c4 = default, c5 = default, c6 = default, c7 = default;
                var w0 = TLanes.Load(wide);
                var w1 = TVectors.Value > 1 ? TLanes.Load(wide + TSimd.Lanes * sizeof(float)) : default;
                var w2 = TVectors.Value > 2 ? TLanes.Load(wide + 2 * TSimd.Lanes * sizeof(float)) : default;
                c0.First<TRows>(0, x0, at, half, w0, w1, w2);
                c1.First<TRows>(1, x1, at, half, w0, w1, w2);
                c2.First<TRows>(2, x2, at, half, w0, w1, w2);
                c3.First<TRows>(3, x3, at, half, w0, w1, w2);
                c4.First<TRows>(4, x4, at, half, w0, w1, w2);
                c5.First<TRows>(5, x5, at, half, w0, w1, w2);
                c6.First<TRows>(6, x6, at, half, w0, w1, w2);
                c7.First<TRows>(7, x7, at, half, w0, w1, w2);
                wide += row;
                at += 4;
                var end = at + (TForm.HasHalves ? 16 : 32) / TDot.StepK * 4 - 4;
                while (at < end)
                {
                    w0 = TLanes.Load(wide);
                    w1 = TVectors.Value > 1 ? TLanes.Load(wide + TSimd.Lanes * sizeof(float)) : default;
                    w2 = TVectors.Value > 2 ? TLanes.Load(wide + 2 * TSimd.Lanes * sizeof(float)) : default;
                    c0.Add<TRows>(0, x0 + at, w0, w1, w2);
                    c1.Add<TRows>(1, x1 + at, w0, w1, w2);
                    c2.Add<TRows>(2, x2 + at, w0, w1, w2);
                    c3.Add<TRows>(3, x3 + at, w0, w1, w2);
                    c4.Add<TRows>(4, x4 + at, w0, w1, w2);
                    c5.Add<TRows>(5, x5 + at, w0, w1, w2);
                    c6.Add<TRows>(6, x6 + at, w0, w1, w2);
                    c7.Add<TRows>(7, x7 + at, w0, w1, w2);
                    wide += row;
                    at += 4;
                }

                c0.Finish<TRows>(0, x0, half, scales, row, sums, TSimd.Lanes);
                c1.Finish<TRows>(1, x1, half, scales, row, sums + width, TSimd.Lanes);
                c2.Finish<TRows>(2, x2, half, scales, row, sums + 2 * width, TSimd.Lanes);
                c3.Finish<TRows>(3, x3, half, scales, row, sums + 3 * width, TSimd.Lanes);
                c4.Finish<TRows>(4, x4, half, scales, row, sums + 4 * width, TSimd.Lanes);
                c5.Finish<TRows>(5, x5, half, scales, row, sums + 5 * width, TSimd.Lanes);
                c6.Finish<TRows>(6, x6, half, scales, row, sums + 6 * width, TSimd.Lanes);
                c7.Finish<TRows>(7, x7, half, scales, row, sums + 7 * width, TSimd.Lanes);
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
}
