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
        // Locals and not rows of TileRow: the JIT leaves eight of those in memory, at a third of the speed.
        TVector c00 = default, c01 = default, c02 = default;
        TVector c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default;
        TVector c30 = default, c31 = default, c32 = default;
        TVector c40 = default, c41 = default, c42 = default;
        TVector c50 = default, c51 = default, c52 = default;
        TVector c60 = default, c61 = default, c62 = default;
        TVector c70 = default, c71 = default, c72 = default;
        var width = TVectors.Value * TSimd.Lanes;
        var sums = args->Sums;
        if (args->Accumulates)
        {
            Load<TVectors, TRows>(0, ref c00, ref c01, ref c02, sums + 0 * width);
            Load<TVectors, TRows>(1, ref c10, ref c11, ref c12, sums + 1 * width);
            Load<TVectors, TRows>(2, ref c20, ref c21, ref c22, sums + 2 * width);
            Load<TVectors, TRows>(3, ref c30, ref c31, ref c32, sums + 3 * width);
            Load<TVectors, TRows>(4, ref c40, ref c41, ref c42, sums + 4 * width);
            Load<TVectors, TRows>(5, ref c50, ref c51, ref c52, sums + 5 * width);
            Load<TVectors, TRows>(6, ref c60, ref c61, ref c62, sums + 6 * width);
            Load<TVectors, TRows>(7, ref c70, ref c71, ref c72, sums + 7 * width);
        }

        var xStride = args->XStride;
        var x0 = args->X;
        var x1 = TRows.Value > 1 ? x0 + xStride : x0;
        var x2 = TRows.Value > 2 ? x1 + xStride : x0;
        var x3 = TRows.Value > 3 ? x2 + xStride : x0;
        var x4 = TRows.Value > 4 ? x3 + xStride : x0;
        var x5 = TRows.Value > 5 ? x4 + xStride : x0;
        var x6 = TRows.Value > 6 ? x5 + xStride : x0;
        var x7 = TRows.Value > 7 ? x6 + xStride : x0;
        var panel = args->Panel;
        var k = args->K;
        var ahead = args->Ahead;
        var aheadEnd = ahead + args->AheadFloats;
        nint i = 0;
        for (; i + 4 <= k; i += 4)
        {
            MatMulCpuPrefetch.IntoSecondLevel(ahead + 4 * i, k, aheadEnd);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel, PrefetchDistance);
            var b00 = TSimd.Load(panel);
            var b01 = TVectors.Value > 1 ? TSimd.Load(panel + TSimd.Lanes) : default;
            var b02 = TVectors.Value > 2 ? TSimd.Load(panel + 2 * TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x0 + i, b00, b01, b02);
            Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x1 + i, b00, b01, b02);
            Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x2 + i, b00, b01, b02);
            Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x3 + i, b00, b01, b02);
            Add<TVectors, TRows>(4, ref c40, ref c41, ref c42, x4 + i, b00, b01, b02);
            Add<TVectors, TRows>(5, ref c50, ref c51, ref c52, x5 + i, b00, b01, b02);
            Add<TVectors, TRows>(6, ref c60, ref c61, ref c62, x6 + i, b00, b01, b02);
            Add<TVectors, TRows>(7, ref c70, ref c71, ref c72, x7 + i, b00, b01, b02);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel + width, PrefetchDistance);
            var b10 = TSimd.Load(panel + width);
            var b11 = TVectors.Value > 1 ? TSimd.Load(panel + 1 * width + TSimd.Lanes) : default;
            var b12 = TVectors.Value > 2 ? TSimd.Load(panel + 1 * width + 2 * TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x0 + 1 + i, b10, b11, b12);
            Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x1 + 1 + i, b10, b11, b12);
            Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x2 + 1 + i, b10, b11, b12);
            Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x3 + 1 + i, b10, b11, b12);
            Add<TVectors, TRows>(4, ref c40, ref c41, ref c42, x4 + 1 + i, b10, b11, b12);
            Add<TVectors, TRows>(5, ref c50, ref c51, ref c52, x5 + 1 + i, b10, b11, b12);
            Add<TVectors, TRows>(6, ref c60, ref c61, ref c62, x6 + 1 + i, b10, b11, b12);
            Add<TVectors, TRows>(7, ref c70, ref c71, ref c72, x7 + 1 + i, b10, b11, b12);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel + 2 * width, PrefetchDistance);
            var b20 = TSimd.Load(panel + 2 * width);
            var b21 = TVectors.Value > 1 ? TSimd.Load(panel + 2 * width + TSimd.Lanes) : default;
            var b22 = TVectors.Value > 2 ? TSimd.Load(panel + 2 * width + 2 * TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x0 + 2 + i, b20, b21, b22);
            Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x1 + 2 + i, b20, b21, b22);
            Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x2 + 2 + i, b20, b21, b22);
            Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x3 + 2 + i, b20, b21, b22);
            Add<TVectors, TRows>(4, ref c40, ref c41, ref c42, x4 + 2 + i, b20, b21, b22);
            Add<TVectors, TRows>(5, ref c50, ref c51, ref c52, x5 + 2 + i, b20, b21, b22);
            Add<TVectors, TRows>(6, ref c60, ref c61, ref c62, x6 + 2 + i, b20, b21, b22);
            Add<TVectors, TRows>(7, ref c70, ref c71, ref c72, x7 + 2 + i, b20, b21, b22);

            MatMulCpuPrefetch.Ahead<TSimd, TVector, TVectors>(panel + 3 * width, PrefetchDistance);
            var b30 = TSimd.Load(panel + 3 * width);
            var b31 = TVectors.Value > 1 ? TSimd.Load(panel + 3 * width + TSimd.Lanes) : default;
            var b32 = TVectors.Value > 2 ? TSimd.Load(panel + 3 * width + 2 * TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x0 + 3 + i, b30, b31, b32);
            Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x1 + 3 + i, b30, b31, b32);
            Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x2 + 3 + i, b30, b31, b32);
            Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x3 + 3 + i, b30, b31, b32);
            Add<TVectors, TRows>(4, ref c40, ref c41, ref c42, x4 + 3 + i, b30, b31, b32);
            Add<TVectors, TRows>(5, ref c50, ref c51, ref c52, x5 + 3 + i, b30, b31, b32);
            Add<TVectors, TRows>(6, ref c60, ref c61, ref c62, x6 + 3 + i, b30, b31, b32);
            Add<TVectors, TRows>(7, ref c70, ref c71, ref c72, x7 + 3 + i, b30, b31, b32);

            panel += 4 * width;
        }

        for (; i < k; i++)
        {
            var b0 = TSimd.Load(panel);
            var b1 = TVectors.Value > 1 ? TSimd.Load(panel + TSimd.Lanes) : default;
            var b2 = TVectors.Value > 2 ? TSimd.Load(panel + 2 * TSimd.Lanes) : default;
            Add<TVectors, TRows>(0, ref c00, ref c01, ref c02, x0 + i, b0, b1, b2);
            Add<TVectors, TRows>(1, ref c10, ref c11, ref c12, x1 + i, b0, b1, b2);
            Add<TVectors, TRows>(2, ref c20, ref c21, ref c22, x2 + i, b0, b1, b2);
            Add<TVectors, TRows>(3, ref c30, ref c31, ref c32, x3 + i, b0, b1, b2);
            Add<TVectors, TRows>(4, ref c40, ref c41, ref c42, x4 + i, b0, b1, b2);
            Add<TVectors, TRows>(5, ref c50, ref c51, ref c52, x5 + i, b0, b1, b2);
            Add<TVectors, TRows>(6, ref c60, ref c61, ref c62, x6 + i, b0, b1, b2);
            Add<TVectors, TRows>(7, ref c70, ref c71, ref c72, x7 + i, b0, b1, b2);
            panel += width;
        }

        Store<TVectors, TRows>(0, c00, c01, c02, sums + 0 * width);
        Store<TVectors, TRows>(1, c10, c11, c12, sums + 1 * width);
        Store<TVectors, TRows>(2, c20, c21, c22, sums + 2 * width);
        Store<TVectors, TRows>(3, c30, c31, c32, sums + 3 * width);
        Store<TVectors, TRows>(4, c40, c41, c42, sums + 4 * width);
        Store<TVectors, TRows>(5, c50, c51, c52, sums + 5 * width);
        Store<TVectors, TRows>(6, c60, c61, c62, sums + 6 * width);
        Store<TVectors, TRows>(7, c70, c71, c72, sums + 7 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TVectors, TRows>(
        int row, ref TVector c0, ref TVector c1, ref TVector c2, float* x, TVector b0, TVector b1, TVector b2)
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

            if (TVectors.Value > 2)
            {
                c2 = TSimd.MultiplyAdd(a, b2, c2);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TVectors, TRows>(int row, ref TVector c0, ref TVector c1, ref TVector c2, float* sums)
        where TVectors : ICount
        where TRows : ICount
    {
        if (row < TRows.Value)
        {
            c0 = TSimd.Load(sums);
            c1 = TVectors.Value > 1 ? TSimd.Load(sums + TSimd.Lanes) : default;
            c2 = TVectors.Value > 2 ? TSimd.Load(sums + 2 * TSimd.Lanes) : default;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVectors, TRows>(int row, TVector c0, TVector c1, TVector c2, float* sums)
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

            if (TVectors.Value > 2)
            {
                TSimd.Store(c2, sums + 2 * TSimd.Lanes);
            }
        }
    }
}
