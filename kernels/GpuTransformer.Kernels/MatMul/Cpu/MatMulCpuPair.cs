using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: up to 4 rows of x times two whole panels, all of k. For few rows the time is that of reading the
/// weight, and two streams a thread read memory faster than one: 1.25 to 1.45 times on a server core.
/// Numerics: as the other tiles, one sum an output, k ascending, so one row alone gets the bits it has among many.
/// Cost: 2 · rows · 2 · width · k flops, 8 · width · k bytes of weight.</summary>
internal readonly unsafe struct MatMulCpuPair<TSimd, TVector> : IRegisterTile<MatMulCpuTileArgs>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    // Floats ahead of the current k in each panel: 8 KB. The study of this loop found nothing better.
    private const int PrefetchDistance = 2048;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVectors, TRows>(MatMulCpuTileArgs* args)
        where TVectors : ICount
        where TRows : ICount
    {
        TileRow<TSimd, TVector, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
        TileRow<TSimd, TVector, TVectors> d0 = default, d1 = default, d2 = default, d3 = default;
        var x0 = args->X;
        var x1 = TRows.Value > 1 ? x0 + args->XStride : x0;
        var x2 = TRows.Value > 2 ? x1 + args->XStride : x0;
        var x3 = TRows.Value > 3 ? x2 + args->XStride : x0;
        var panel = args->Panel;
        var second = args->SecondPanel;
        var k = args->K;
        for (nint i = 0; i < k; i++)
        {
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel, PrefetchDistance);
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(second, PrefetchDistance);
            Step<TVectors, TRows>(ref c0, ref c1, ref c2, ref c3, x0 + i, x1 + i, x2 + i, x3 + i, panel);
            Step<TVectors, TRows>(ref d0, ref d1, ref d2, ref d3, x0 + i, x1 + i, x2 + i, x3 + i, second);
            panel += TVectors.Value * TSimd.Lanes;
            second += TVectors.Value * TSimd.Lanes;
        }

        c0.Store<TRows>(0, args->Sums);
        c1.Store<TRows>(1, args->Sums);
        c2.Store<TRows>(2, args->Sums);
        c3.Store<TRows>(3, args->Sums);
        var sums = args->Sums + TRows.Value * TVectors.Value * TSimd.Lanes;
        d0.Store<TRows>(0, sums);
        d1.Store<TRows>(1, sums);
        d2.Store<TRows>(2, sums);
        d3.Store<TRows>(3, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TVectors, TRows>(
        ref TileRow<TSimd, TVector, TVectors> c0, ref TileRow<TSimd, TVector, TVectors> c1,
        ref TileRow<TSimd, TVector, TVectors> c2, ref TileRow<TSimd, TVector, TVectors> c3,
        float* x0, float* x1, float* x2, float* x3, float* panel)
        where TVectors : ICount
        where TRows : ICount
    {
        var w0 = TSimd.Load(panel);
        var w1 = TVectors.Value > 1 ? TSimd.Load(panel + TSimd.Lanes) : default;
        var w2 = TVectors.Value > 2 ? TSimd.Load(panel + 2 * TSimd.Lanes) : default;
        c0.Add<TRows>(0, x0, w0, w1, w2);
        c1.Add<TRows>(1, x1, w0, w1, w2);
        c2.Add<TRows>(2, x2, w0, w1, w2);
        c3.Add<TRows>(3, x3, w0, w1, w2);
    }
}
