using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What <see cref="Int8TileFew{TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts}"/> multiplies.</summary>
internal unsafe struct Int8FewArgs
{
    /// <summary>(rows, blocks), rows <see cref="XStride"/> bytes apart.</summary>
    public byte* X;

    public nint XStride;

    /// <summary>(blocks, cells), and so is the second one, if there is one.</summary>
    public byte* Panel;

    /// <summary>One or two.</summary>
    public nint Panels;

    /// <summary>Bytes from the first to the second.</summary>
    public nint ToSecond;

    public nint Blocks;

    /// <summary>(panels, rows, columns of a panel).</summary>
    public float* Sums;

    /// <summary>Room for the scales of a block of a panel and its minima.</summary>
    public float* Scales;

    /// <summary>What this thread is likely to read next.</summary>
    public byte* Ahead;

    public nint AheadBytes;
}

/// <summary>Computes: up to 4 rows of 8-bit x times one encoded panel or two, all of k, straight from the cells.
/// Layout: cells of a panel that hold the same k are taken beside each other, so that x is loaded once for all of them.
/// For few rows the time is that of reading the weight; two streams a thread read memory faster than one.
/// Numerics: the sum of a block is an exact integer; sums += integer · (scale of x · scale), with one rounding, blocks
/// ascending; where there is a minimum, then += minimum · (scale of x · Σq). Each register of sums is in memory between two
/// blocks, in the first-level cache.</summary>
internal readonly unsafe struct Int8TileFew<TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts> : IRegisterTile<Int8FewArgs>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
    where TWeight : IInt8Weight
    where TParts : ICount
{
    private const int EvenBytes = 0x00FF00FF;

    // Each takes eight k.
    private const int StepsOfBlock = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVectors, TRows>(Int8FewArgs* args)
        where TVectors : ICount
        where TRows : ICount
    {
        var x = args->X;
        var xStride = args->XStride;
        var panel = args->Panel;
        var panels = args->Panels;
        var toSecond = args->ToSecond;
        var blocks = args->Blocks;
        var sums = args->Sums;
        var scales = args->Scales;

        // Calls of constants count towards what the compiler inlines at most: each is made once.
        var lanes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Lanes;
        var cellBlocks = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Blocks;
        var cellBytes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Bytes;
        var blockBytes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.BlockBytes;
        var xBlockBytes = Int8Rows.BlockBytes(TDot.StepK);
        var shared = TWeight.SharedBytes * lanes;
        var bytes = TVectors.Value * cellBytes;
        var width = TVectors.Value * lanes;
        var allSums = TRows.Value * width;
        for (var i = 0; i < panels * allSums; i += TSimd.Lanes)
        {
            TSimd.Store(default, sums + i);
        }

        var prefetch = new Int8Prefetch(args->Ahead, args->AheadBytes, bytes / (cellBlocks * StepsOfBlock * TParts.Value));
        for (nint b = 0; b < blocks; b += cellBlocks)
        {
            var count = cellBlocks == 1 ? 1 : Math.Min(cellBlocks, blocks - b);
            var cell = panel;
            var target = sums;
            for (nint p = 0; p < panels; p++)
            {
                var block = cell + shared;
                var xBlock = x;
                prefetch.Begin(cell, bytes);
                for (nint i = 0; i < count; i++)
                {
                    Block<TVectors, TRows>(ref prefetch, xBlock, xStride, cell, block, cellBytes, lanes, 0, scales, target);
                    if (TParts.Value > 1)
                    {
                        Block<TVectors, TRows>(
                            ref prefetch, xBlock, xStride, cell, block, cellBytes, lanes, TSimd.Lanes, scales, target + TSimd.Lanes);
                    }

                    block += blockBytes;
                    xBlock += xBlockBytes;
                }

                cell += toSecond;
                target += allSums;
            }

            x += cellBlocks * xBlockBytes;
            panel += bytes;
        }
    }

    /// <summary>One block of a register of columns of each cell, for all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block<TVectors, TRows>(
        ref Int8Prefetch prefetch, byte* x0, nint xStride, byte* cell, byte* block, int cellBytes, int lanes, int column,
        float* scales, float* sums)
        where TVectors : ICount
        where TRows : ICount
    {
        var stepBytes = TVectors.Value * cellBytes / (TWeight.CellK / Int8Rows.BlockK * StepsOfBlock * TParts.Value);
        var x1 = TRows.Value > 1 ? x0 + xStride : x0;
        var x2 = TRows.Value > 2 ? x1 + xStride : x0;
        var x3 = TRows.Value > 3 ? x2 + xStride : x0;
        nint i = 0;
        for (nint half = 0; half < (TForm.HasHalves ? 2 : 1); half++)
        {
            Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
            c0.Begin<TRows>(0, x0, half);
            c1.Begin<TRows>(1, x1, half);
            c2.Begin<TRows>(2, x2, half);
            c3.Begin<TRows>(3, x3, half);
            for (var last = TForm.HasHalves ? i + StepsOfBlock / 2 : StepsOfBlock; i < last; i++)
            {
                prefetch.Half(stepBytes, 0);
                TInt first1 = default, second1 = default, first2 = default, second2 = default;
                TWeight.Eight<TLanes, TFloat, TInt>(
                    block, lanes, column, i, TDot.TakesUnsigned, out var first0, out var second0);
                if (TVectors.Value > 1)
                {
                    TWeight.Eight<TLanes, TFloat, TInt>(
                        block + cellBytes, lanes, column, i, TDot.TakesUnsigned, out first1, out second1);
                }

                if (TVectors.Value > 2)
                {
                    TWeight.Eight<TLanes, TFloat, TInt>(
                        block + 2 * cellBytes, lanes, column, i, TDot.TakesUnsigned, out first2, out second2);
                }

                var at = Int8Rows.Integers + (TDot.StepK == 4 ? 8 * i : 32 * (i >> 1) + 8 * (i & 1));
                Four<TVectors, TRows>(ref c0, ref c1, ref c2, ref c3, x0 + at, x1 + at, x2 + at, x3 + at, first0, first1, first2);
                prefetch.Half(stepBytes, 1);
                at += 4;
                Four<TVectors, TRows>(ref c0, ref c1, ref c2, ref c3, x0 + at, x1 + at, x2 + at, x3 + at, second0, second1, second2);
                prefetch.Next(stepBytes);
            }

            Scales<TVectors>(cell, block + half * EncodedSizes<TWeight>.BlockBytes * lanes, cellBytes, lanes, column, scales);
            var width = TVectors.Value * lanes;
            var toMinima = TVectors.Value * TSimd.Lanes * sizeof(float);
            c0.Finish<TRows>(0, x0, half, scales, toMinima, sums, lanes);
            c1.Finish<TRows>(1, x1, half, scales, toMinima, sums + width, lanes);
            c2.Finish<TRows>(2, x2, half, scales, toMinima, sums + 2 * width, lanes);
            c3.Finish<TRows>(3, x3, half, scales, toMinima, sums + 3 * width, lanes);
        }
    }

    /// <summary>The products of four k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<TVectors, TRows>(
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c0,
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c1,
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c2,
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c3,
        byte* x0, byte* x1, byte* x2, byte* x3, TInt w0, TInt w1, TInt w2)
        where TVectors : ICount
        where TRows : ICount
    {
        if (TDot.StepK == 4)
        {
            Step<TVectors, TRows>(ref c0, ref c1, ref c2, ref c3, x0, x1, x2, x3, w0, w1, w2);
            return;
        }

        var even = TLanes.All(EvenBytes);
        Step<TVectors, TRows>(
            ref c0, ref c1, ref c2, ref c3, x0, x1, x2, x3, TLanes.And(w0, even), TLanes.And(w1, even), TLanes.And(w2, even));
        Step<TVectors, TRows>(
            ref c0, ref c1, ref c2, ref c3, x0 + 16, x1 + 16, x2 + 16, x3 + 16,
            TLanes.RightWords(w0, 8), TLanes.RightWords(w1, 8), TLanes.RightWords(w2, 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TVectors, TRows>(
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c0,
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c1,
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c2,
        ref Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors> c3,
        byte* x0, byte* x1, byte* x2, byte* x3, TInt w0, TInt w1, TInt w2)
        where TVectors : ICount
        where TRows : ICount
    {
        c0.Add<TRows>(0, x0, w0, w1, w2);
        c1.Add<TRows>(1, x1, w0, w1, w2);
        c2.Add<TRows>(2, x2, w0, w1, w2);
        c3.Add<TRows>(3, x3, w0, w1, w2);
    }

    /// <summary>Scales of a block, and minima behind them, in memory, where all rows read them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scales<TVectors>(byte* cell, byte* block, int cellBytes, int lanes, int column, float* scales)
        where TVectors : ICount
    {
        for (nint v = 0; v < TVectors.Value; v++)
        {
            TWeight.Scales<TSimd, TLanes, TFloat>(cell, block, lanes, column, out var scale, out var minimum);
            TSimd.Store(scale, scales);
            if (TForm.HasMinimum)
            {
                TSimd.Store(minimum, scales + TVectors.Value * TSimd.Lanes);
            }

            cell += cellBytes;
            block += cellBytes;
            scales += TSimd.Lanes;
        }
    }
}
