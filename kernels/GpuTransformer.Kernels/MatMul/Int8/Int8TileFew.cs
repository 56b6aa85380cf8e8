using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What <see cref="Int8TileFew{TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts}"/> multiplies.</summary>
internal unsafe struct Int8FewArgs
{
    /// <summary>(rows, blocks), rows <see cref="XStride"/> bytes apart.</summary>
    public byte* X;

    public nint XStride;

    /// <summary>(blocks, cells), and so is the second one; null where there is none.</summary>
    public byte* Panel;

    public byte* SecondPanel;

    public nint Blocks;

    /// <summary>Registers' columns of a panel.</summary>
    public int Cells;

    /// <summary>(panels, rows, cells · lanes).</summary>
    public float* Sums;

    /// <summary>What this thread is likely to read next.</summary>
    public byte* Ahead;

    public nint AheadBytes;
}

/// <summary>Computes: up to 4 rows of 8-bit x times one encoded panel or two, all of k, straight from the cells.
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

    private const int Streams = 4;

    // Bytes ahead of the current cell. 1024 and 4096 are slower.
    private const int PrefetchDistance = 2048;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVectors, TRows>(Int8FewArgs* args)
        where TVectors : ICount
        where TRows : ICount
    {
        var x = args->X;
        var xStride = args->XStride;
        var panel0 = args->Panel;
        var panel1 = args->SecondPanel;
        var blocks = args->Blocks;
        var cells = args->Cells;
        var sums = args->Sums;
        var ahead = args->Ahead;
        var lanes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Lanes;
        var cellBytes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Bytes;
        var cellBlocks = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Blocks;
        var width = cells * lanes;
        for (var i = 0; i < (panel1 == null ? 1 : 2) * TRows.Value * width; i += TSimd.Lanes)
        {
            TSimd.Store(default, sums + i);
        }

        var stretch = MatMulCpuPrefetch.Stretch(args->AheadBytes, Streams);
        var aheadEnd = ahead + stretch;
        for (nint b = 0; b < blocks; b += cellBlocks)
        {
            var count = cellBlocks == 1 ? 1 : Math.Min(cellBlocks, blocks - b);
            var target = sums;
            var cell = panel0;
            var end = cell + (nint)cells * cellBytes;
            while (true)
            {
                var block = cell + TWeight.SharedBytes * lanes;
                var xBlock = x;
                for (nint i = 0; i < count; i++)
                {
                    Prefetch(block, ref ahead, aheadEnd, stretch);
                    Block<TRows>(xBlock, xStride, cell, block, 0, target, width);
                    if (TParts.Value > 1)
                    {
                        Block<TRows>(xBlock, xStride, cell, block, TSimd.Lanes, target + TSimd.Lanes, width);
                    }

                    block += Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.BlockBytes;
                    xBlock += Int8Rows.BlockBytes(TDot.StepK);
                }

                target += lanes;
                cell += cellBytes;
                if (cell == end)
                {
                    if (panel1 == null || target != sums + width)
                    {
                        break;
                    }

                    cell = panel1;
                    end = cell + (nint)cells * cellBytes;
                    target = sums + TRows.Value * width;
                }
            }

            x += cellBlocks * Int8Rows.BlockBytes(TDot.StepK);
            panel0 += (nint)cells * cellBytes;
            panel1 = panel1 == null ? null : panel1 + (nint)cells * cellBytes;
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
        Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Scales(
            cell, block, column, out var scale, out var other);
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
                    block, TSimd.Lanes * TParts.Value, column, i, TDot.TakesUnsigned, out var first, out var second);
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
        // 4.5 to 8.5 in the widest registers.
        var bytes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Bytes
            / Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Blocks;
        var lines = (bytes + MatMulCpuPrefetch.LineBytes - 1) / MatMulCpuPrefetch.LineBytes;
        for (nint line = 0; line < lines; line++)
        {
            TSimd.Prefetch((float*)(block + PrefetchDistance + MatMulCpuPrefetch.LineBytes * line));
        }

        for (nint line = 0; line < (lines + Streams - 1) / Streams && ahead < aheadEnd; line++)
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
