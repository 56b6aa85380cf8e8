using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>One row of a tile's integer sums over a block, in up to three registers. A row beyond the tile's, or a register
/// beyond the row's, is compiled to nothing.</summary>
internal unsafe struct Int8TileRow<TSimd, TLanes, TDot, TFloat, TInt, TForm, TVectors>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
    where TVectors : ICount
{
    private TInt _sum0;
    private TInt _sum1;
    private TInt _sum2;

    /// <summary>Begins a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin<TRows>(int row, byte* x, nint half)
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            _sum0 = TDot.Start((int*)(x + Int8Rows.Start) + half);
            _sum1 = _sum0;
            _sum2 = _sum0;
        }
    }

    /// <summary>The first step of a block.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="x">Its block.</param>
    /// <param name="at">Where in it the step's integers are.</param>
    /// <param name="half">Which of the sums' starts counts.</param>
    /// <param name="weight0">Integers of the weight.</param>
    /// <param name="weight1">Those of the second register.</param>
    /// <param name="weight2">Those of the third register.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void First<TRows>(int row, byte* x, nint at, nint half, TInt weight0, TInt weight1, TInt weight2)
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            var start = (int*)(x + Int8Rows.Start) + half;
            var all = TLanes.All(*(int*)(x + at));
            _sum0 = TDot.First(weight0, all, start);
            if (TVectors.Value > 1)
            {
                _sum1 = TDot.First(weight1, all, start);
            }

            if (TVectors.Value > 2)
            {
                _sum2 = TDot.First(weight2, all, start);
            }
        }
    }

    /// <summary>Another step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add<TRows>(int row, byte* x, TInt weight0, TInt weight1, TInt weight2)
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            var all = TLanes.All(*(int*)x);
            _sum0 = TDot.Add(_sum0, weight0, all);
            if (TVectors.Value > 1)
            {
                _sum1 = TDot.Add(_sum1, weight1, all);
            }

            if (TVectors.Value > 2)
            {
                _sum2 = TDot.Add(_sum2, weight2, all);
            }
        }
    }

    /// <summary>Adds the block to the outputs.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="x">Its block.</param>
    /// <param name="half">Which of the sums' starts counts.</param>
    /// <param name="scales">The weight's scales.</param>
    /// <param name="toMinima">Bytes from the scales to the minima, where there are any.</param>
    /// <param name="sums">The row's outputs.</param>
    /// <param name="next">Outputs from one register to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Finish<TRows>(int row, byte* x, nint half, float* scales, nint toMinima, float* sums, int next)
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            Finish(_sum0, x, half, scales, toMinima, sums);
            if (TVectors.Value > 1)
            {
                Finish(_sum1, x, half, scales + TSimd.Lanes, toMinima, sums + next);
            }

            if (TVectors.Value > 2)
            {
                Finish(_sum2, x, half, scales + 2 * TSimd.Lanes, toMinima, sums + 2 * next);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TInt integers, byte* x, nint half, float* scales, nint toMinima, float* sums)
    {
        var minimum = TForm.HasMinimum ? TSimd.Load((float*)((byte*)scales + toMinima)) : default;
        var sum = Int8Scaling<TSimd, TLanes, TDot, TFloat, TInt, TForm>.Add(
            TSimd.Load(sums), integers, x, (int*)(x + Int8Rows.Start) + half, TSimd.Load(scales), minimum);
        TSimd.Store(sum, sums);
    }
}
