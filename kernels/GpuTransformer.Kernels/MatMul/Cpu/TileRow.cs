using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>One row of a tile's sums, in up to three registers. A row beyond the tile's, or a register beyond the row's, is
/// compiled to nothing.</summary>
internal unsafe struct TileRow<TSimd, TVector, TVectors>
    where TSimd : ISimd<TVector>
    where TVector : struct
    where TVectors : ICount
{
    private TVector _sum0;
    private TVector _sum1;
    private TVector _sum2;

    /// <summary>Loads the sums of row <paramref name="row"/> of a dense block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load<TRows>(int row, float* sums)
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            sums += row * TVectors.Value * TSimd.Lanes;
            _sum0 = TSimd.Load(sums);
            _sum1 = TVectors.Value > 1 ? TSimd.Load(sums + TSimd.Lanes) : default;
            _sum2 = TVectors.Value > 2 ? TSimd.Load(sums + 2 * TSimd.Lanes) : default;
        }
    }

    /// <summary>Stores the sums as row <paramref name="row"/> of a dense block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store<TRows>(int row, float* sums)
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            sums += row * TVectors.Value * TSimd.Lanes;
            TSimd.Store(_sum0, sums);
            if (TVectors.Value > 1)
            {
                TSimd.Store(_sum1, sums + TSimd.Lanes);
            }

            if (TVectors.Value > 2)
            {
                TSimd.Store(_sum2, sums + 2 * TSimd.Lanes);
            }
        }
    }

    /// <summary>Adds the products of one x with a weight of each column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add<TRows>(int row, float* x, TVector weight0, TVector weight1, TVector weight2)
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            var all = TSimd.Create(*x);
            _sum0 = TSimd.MultiplyAdd(all, weight0, _sum0);
            if (TVectors.Value > 1)
            {
                _sum1 = TSimd.MultiplyAdd(all, weight1, _sum1);
            }

            if (TVectors.Value > 2)
            {
                _sum2 = TSimd.MultiplyAdd(all, weight2, _sum2);
            }
        }
    }
}
