using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: up to 4 rows of 8-bit x times one encoded panel or two, all of k, straight from the cells.
/// For few rows the time is that of reading the weight; two streams a thread read memory faster than one.
/// Numerics: the sum of a block is an exact integer; sums += integer · (scale of x · scale), with one rounding, blocks
/// ascending; where there is a minimum, then += minimum · (scale of x · Σq). Each register of sums is in memory between two
/// blocks, in the first-level cache.</summary>
internal static unsafe class Int8TileFew<TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
    where TWeight : IInt8Weight
    where TParts : ICount
{
    /// <summary>Rows of the largest tile.</summary>
    public const int MaxRows = 4;

    private const int EvenBytes = 0x00FF00FF;

    private const int Streams = 4;

    // Bytes ahead of the current cell. 1024 and 4096 are slower.
    private const int PrefetchDistance = 2048;

    // Cache lines of a block: 4.5 to 8.5 in the widest registers.
    private static int BlockLines
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (TWeight.CellBytes / TWeight.CellBlocks * Lanes + MatMulCpuPrefetch.LineBytes - 1) / MatMulCpuPrefetch.LineBytes;
    }

    private static int Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TSimd.Lanes * TParts.Value;
    }

    /// <summary>x is (rows, blocks) with rows xStride bytes apart; each panel is (blocks, cells); the sums are (panels, rows,
    /// cells · lanes). Without a second panel it is null. Ahead is what this thread is likely to read next.</summary>
    public static void Run(
        byte* x, nint xStride, byte* panel0, byte* panel1, nint blocks, float* sums, int rows, int cells, byte* ahead, nint aheadBytes)
    {
        switch (rows)
        {
            case 1:
                Run<One>(x, xStride, panel0, panel1, blocks, sums, cells, ahead, aheadBytes);
                break;
            case 2:
                Run<Two>(x, xStride, panel0, panel1, blocks, sums, cells, ahead, aheadBytes);
                break;
            case 3:
                Run<Three>(x, xStride, panel0, panel1, blocks, sums, cells, ahead, aheadBytes);
                break;
            default:
                Run<Four>(x, xStride, panel0, panel1, blocks, sums, cells, ahead, aheadBytes);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows>(
        byte* x, nint xStride, byte* panel0, byte* panel1, nint blocks, float* sums, int cells, byte* ahead, nint aheadBytes)
        where TRows : ICount
    {
        var width = cells * Lanes;
        for (var i = 0; i < (panel1 == null ? 1 : 2) * TRows.Value * width; i += TSimd.Lanes)
        {
            TSimd.Store(default, sums + i);
        }

        var stretch = MatMulCpuPrefetch.Stretch(aheadBytes, Streams);
        var aheadEnd = ahead + stretch;
        for (nint b = 0; b < blocks; b += TWeight.CellBlocks)
        {
            var count = TWeight.CellBlocks == 1 ? 1 : Math.Min(TWeight.CellBlocks, blocks - b);
            var target = sums;
            var cell = panel0;
            var end = cell + (nint)cells * TWeight.CellBytes * Lanes;
            while (true)
            {
                var block = cell + TWeight.SharedBytes * Lanes;
                var xBlock = x;
                for (nint i = 0; i < count; i++)
                {
                    Prefetch(block, ref ahead, aheadEnd, stretch);
                    Block<TRows>(xBlock, xStride, cell, block, 0, target, width);
                    if (TParts.Value > 1)
                    {
                        Block<TRows>(xBlock, xStride, cell, block, TSimd.Lanes, target + TSimd.Lanes, width);
                    }

                    block += TWeight.BlockBytes * Lanes;
                    xBlock += Int8Rows.BlockBytes(TDot.StepK);
                }

                target += Lanes;
                cell += TWeight.CellBytes * Lanes;
                if (cell == end)
                {
                    if (panel1 == null || target != sums + width)
                    {
                        break;
                    }

                    cell = panel1;
                    end = cell + (nint)cells * TWeight.CellBytes * Lanes;
                    target = sums + TRows.Value * width;
                }
            }

            x += TWeight.CellBlocks * Int8Rows.BlockBytes(TDot.StepK);
            panel0 += (nint)cells * TWeight.CellBytes * Lanes;
            panel1 = panel1 == null ? null : panel1 + (nint)cells * TWeight.CellBytes * Lanes;
        }
    }

    /// <summary>One block of a register of columns, for all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block<TRows>(
        byte* x0, nint xStride, byte* cell, byte* block, int column, float* sums, nint width)
        where TRows : ICount
    {
        var x1 = TRows.Value > 1 ? x0 + xStride : x0;
        var x2 = TRows.Value > 2 ? x1 + xStride : x0;
        var x3 = TRows.Value > 3 ? x2 + xStride : x0;
        TWeight.Scales<TSimd, TLanes, TFloat, TInt>(cell, block, Lanes, column, out var scale, out var other);
        nint i = 0;
        for (nint half = 0; half < (TForm.HasHalves ? 2 : 1); half++)
        {
            var start = Int8Rows.Start + 4 * half;
            var c0 = TDot.Start((int*)(x0 + start));
            var c1 = TRows.Value > 1 ? TDot.Start((int*)(x1 + start)) : default;
            var c2 = TRows.Value > 2 ? TDot.Start((int*)(x2 + start)) : default;
            var c3 = TRows.Value > 3 ? TDot.Start((int*)(x3 + start)) : default;
            for (var last = TForm.HasHalves ? i + 2 : 4; i < last; i++)
            {
                TWeight.Eight<TLanes, TFloat, TInt>(
                    block, Lanes, column, i, TDot.TakesUnsigned, out var first, out var second);
                if (TDot.StepK == 4)
                {
                    var at = Int8Rows.Integers + 8 * i;
                    Step<TRows>(ref c0, ref c1, ref c2, ref c3, x0 + at, x1 + at, x2 + at, x3 + at, first);
                    Step<TRows>(ref c0, ref c1, ref c2, ref c3, x0 + at + 4, x1 + at + 4, x2 + at + 4, x3 + at + 4, second);
                }
                else
                {
                    var at = Int8Rows.Integers + 32 * (i >> 1) + 8 * (i & 1);
                    for (var end = at + 8; at < end; at += 4)
                    {
                        var even = TLanes.And(first, TLanes.All(EvenBytes));
                        var odd = TLanes.And(TLanes.Right(first, 8), TLanes.All(EvenBytes));
                        Step<TRows>(ref c0, ref c1, ref c2, ref c3, x0 + at, x1 + at, x2 + at, x3 + at, even);
                        Step<TRows>(ref c0, ref c1, ref c2, ref c3, x0 + at + 16, x1 + at + 16, x2 + at + 16, x3 + at + 16, odd);
                        first = second;
                    }
                }
            }

            Finish(c0, x0, start, scale, other, sums);
            if (TRows.Value > 1)
            {
                Finish(c1, x1, start, scale, other, sums + width);
            }

            if (TRows.Value > 2)
            {
                Finish(c2, x2, start, scale, other, sums + 2 * width);
            }

            if (TRows.Value > 3)
            {
                Finish(c3, x3, start, scale, other, sums + 3 * width);
            }

            scale = other;
        }
    }

    /// <summary>What comes up in this panel and what comes up next: either alone reads memory 3 to 10 % slower.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* block, ref byte* ahead, byte* aheadEnd, nint stretch)
    {
        for (nint line = 0; line < BlockLines; line++)
        {
            TSimd.Prefetch((float*)(block + PrefetchDistance + MatMulCpuPrefetch.LineBytes * line));
        }

        for (nint line = 0; line < (BlockLines + Streams - 1) / Streams && ahead < aheadEnd; line++)
        {
            MatMulCpuPrefetch.Streams(ahead, stretch, Streams);
            ahead += MatMulCpuPrefetch.LineBytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRows>(
        ref TInt c0, ref TInt c1, ref TInt c2, ref TInt c3, byte* x0, byte* x1, byte* x2, byte* x3, TInt weight)
        where TRows : ICount
    {
        c0 = TDot.Add(c0, weight, TLanes.All(*(int*)x0));
        if (TRows.Value > 1)
        {
            c1 = TDot.Add(c1, weight, TLanes.All(*(int*)x1));
        }

        if (TRows.Value > 2)
        {
            c2 = TDot.Add(c2, weight, TLanes.All(*(int*)x2));
        }

        if (TRows.Value > 3)
        {
            c3 = TDot.Add(c3, weight, TLanes.All(*(int*)x3));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TInt c, byte* x, nint start, TFloat scale, TFloat minimum, float* sums)
    {
        var sum = Int8Scaling<TSimd, TLanes, TDot, TFloat, TInt, TForm>.Add(
            TSimd.Load(sums), c, x, (int*)(x + start), scale, minimum);
        TSimd.Store(sum, sums);
    }
}
