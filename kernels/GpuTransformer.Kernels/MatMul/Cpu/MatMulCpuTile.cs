using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What <see cref="MatMulCpuTile{TSimd, TVector}"/> and <see cref="MatMulCpuPair{TSimd, TVector}"/> multiply.</summary>
internal unsafe struct MatMulCpuTileArgs
{
    /// <summary>(rows, K), rows <see cref="XStride"/> apart.</summary>
    public float* X;

    public nint XStride;

    /// <summary>(K, width), dense, and so is the second one of a pair.</summary>
    public float* Panel;

    public float* SecondPanel;

    public nint K;

    /// <summary>(rows, width), dense; those of a pair follow each other.</summary>
    public float* Sums;

    /// <summary>Whether sums go on from where they are; not for a pair.</summary>
    public bool Accumulates;

    /// <summary>Weight that a later tile reads, to be brought into the second-level cache meanwhile; not for a pair.</summary>
    public float* Ahead;

    public nint AheadFloats;
}

/// <summary>Computes: up to 8 rows of x times one panel of up to 3 registers, sums[r][n] (+)= Σk x[r][k] · panel[k][n].
/// Processors with 32 registers (AVX-512, ARM) use 24 for sums, 3 for the panel and 1 for x; those with 16 (AVX2, SSE) take
/// 6 rows of 2 registers: 12, 2 and 1.
/// Numerics: one sum an output, k ascending, multiply-add; sums go on from where they were, so cuts of k change no bits.
/// Cost: 2 · rows · width · k flops; the panel is read once, 12 floats of x a row and 4 k are in the first-level cache.</summary>
internal readonly unsafe struct MatMulCpuTile<TSimd, TVector> : IRegisterTile<MatMulCpuTileArgs>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    // Floats, 4 KB: 10 to 25 % on 5 to 16 rows, which wait for memory; nothing lost on more (Sapphire Rapids).
    private const int PrefetchDistance = 1024;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVectors, TRows>(MatMulCpuTileArgs* args)
        where TVectors : ICount
        where TRows : ICount
    {
        TileRow<TSimd, TVector, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
        TileRow<TSimd, TVector, TVectors> c4 = default, c5 = default, c6 = default, c7 = default;
        if (args->Accumulates)
        {
            c0.Load<TRows>(0, args->Sums);
            c1.Load<TRows>(1, args->Sums);
            c2.Load<TRows>(2, args->Sums);
            c3.Load<TRows>(3, args->Sums);
            c4.Load<TRows>(4, args->Sums);
            c5.Load<TRows>(5, args->Sums);
            c6.Load<TRows>(6, args->Sums);
            c7.Load<TRows>(7, args->Sums);
        }

        var x0 = args->X;
        var x1 = TRows.Value > 1 ? x0 + args->XStride : x0;
        var x2 = TRows.Value > 2 ? x1 + args->XStride : x0;
        var x3 = TRows.Value > 3 ? x2 + args->XStride : x0;
        var x4 = TRows.Value > 4 ? x3 + args->XStride : x0;
        var x5 = TRows.Value > 5 ? x4 + args->XStride : x0;
        var x6 = TRows.Value > 6 ? x5 + args->XStride : x0;
        var x7 = TRows.Value > 7 ? x6 + args->XStride : x0;
        var panel = args->Panel;
        var k = args->K;
        var ahead = args->Ahead;
        var aheadEnd = ahead + args->AheadFloats;
        var width = TVectors.Value * TSimd.Lanes;
        nint i = 0;
        for (; i + 4 <= k; i += 4)
        {
            MatMulCpuPrefetch.IntoSecondLevel(ahead + 4 * i, k, aheadEnd);
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel, PrefetchDistance);
            Step<TVectors, TRows>(
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7,
                x0 + i, x1 + i, x2 + i, x3 + i, x4 + i, x5 + i, x6 + i, x7 + i, panel);
            panel += width;
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel, PrefetchDistance);
            Step<TVectors, TRows>(
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7,
                x0 + i + 1, x1 + i + 1, x2 + i + 1, x3 + i + 1, x4 + i + 1, x5 + i + 1, x6 + i + 1, x7 + i + 1, panel);
            panel += width;
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel, PrefetchDistance);
            Step<TVectors, TRows>(
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7,
                x0 + i + 2, x1 + i + 2, x2 + i + 2, x3 + i + 2, x4 + i + 2, x5 + i + 2, x6 + i + 2, x7 + i + 2, panel);
            panel += width;
            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel, PrefetchDistance);
            Step<TVectors, TRows>(
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7,
                x0 + i + 3, x1 + i + 3, x2 + i + 3, x3 + i + 3, x4 + i + 3, x5 + i + 3, x6 + i + 3, x7 + i + 3, panel);
            panel += width;
        }

        for (; i < k; i++)
        {
            Step<TVectors, TRows>(
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7,
                x0 + i, x1 + i, x2 + i, x3 + i, x4 + i, x5 + i, x6 + i, x7 + i, panel);
            panel += width;
        }

        c0.Store<TRows>(0, args->Sums);
        c1.Store<TRows>(1, args->Sums);
        c2.Store<TRows>(2, args->Sums);
        c3.Store<TRows>(3, args->Sums);
        c4.Store<TRows>(4, args->Sums);
        c5.Store<TRows>(5, args->Sums);
        c6.Store<TRows>(6, args->Sums);
        c7.Store<TRows>(7, args->Sums);
    }

    /// <summary>One k of all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TVectors, TRows>(
        ref TileRow<TSimd, TVector, TVectors> c0, ref TileRow<TSimd, TVector, TVectors> c1,
        ref TileRow<TSimd, TVector, TVectors> c2, ref TileRow<TSimd, TVector, TVectors> c3,
        ref TileRow<TSimd, TVector, TVectors> c4, ref TileRow<TSimd, TVector, TVectors> c5,
        ref TileRow<TSimd, TVector, TVectors> c6, ref TileRow<TSimd, TVector, TVectors> c7,
        float* x0, float* x1, float* x2, float* x3, float* x4, float* x5, float* x6, float* x7, float* panel)
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
        c4.Add<TRows>(4, x4, w0, w1, w2);
        c5.Add<TRows>(5, x5, w0, w1, w2);
        c6.Add<TRows>(6, x6, w0, w1, w2);
        c7.Add<TRows>(7, x7, w0, w1, w2);
    }
}
