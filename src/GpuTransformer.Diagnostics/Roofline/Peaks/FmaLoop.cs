using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Fused multiply-adds on registers alone: the most that arithmetic can reach.</summary>
internal sealed unsafe class FmaLoop : PoolLoop
{
    // Two units with a latency of four cycles need eight; twelve and two constants fit sixteen registers.
    private const int Accumulators = 12;
    private const int TilesPerThread = 16;
    private const int Repeats = 10_000;

    // x = x / 2 + 1 ends at 2 exactly.
    private const float FixedPoint = 2f;
    private readonly int _lanes;

    public FmaLoop(int bits, int threads)
        : base(
            "multiply-add loop",
            "registers",
            new Work(2.0 * Accumulators * Repeats * (bits / 32) * TilesPerThread * threads, 0, IsMemoryBound: false),
            bits,
            new LoopArgs { Tiles = TilesPerThread * threads, Repeats = Repeats },
            bits switch
            {
                512 => &Tile<Simd512, Vector512<float>>,
                256 => &Tile<Simd256, Vector256<float>>,
                _ => &Tile<Simd128, Vector128<float>>,
            }) => _lanes = bits / 32;

    public override void Verify()
    {
        foreach (var sum in Sums)
        {
            ExpectNear("the sum of the accumulators", sum, FixedPoint * Accumulators * _lanes, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var a = (LoopArgs*)args;
        var half = TSimd.Create(0.5f);
        var one = TSimd.Create(1f);
        TVector x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11;
        x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = x8 = x9 = x10 = x11 = TSimd.Create(tile);
        for (var i = 0; i < a->Repeats; i++)
        {
            x0 = TSimd.MultiplyAdd(x0, half, one);
            x1 = TSimd.MultiplyAdd(x1, half, one);
            x2 = TSimd.MultiplyAdd(x2, half, one);
            x3 = TSimd.MultiplyAdd(x3, half, one);
            x4 = TSimd.MultiplyAdd(x4, half, one);
            x5 = TSimd.MultiplyAdd(x5, half, one);
            x6 = TSimd.MultiplyAdd(x6, half, one);
            x7 = TSimd.MultiplyAdd(x7, half, one);
            x8 = TSimd.MultiplyAdd(x8, half, one);
            x9 = TSimd.MultiplyAdd(x9, half, one);
            x10 = TSimd.MultiplyAdd(x10, half, one);
            x11 = TSimd.MultiplyAdd(x11, half, one);
        }

        x0 = TSimd.Add(TSimd.Add(x0, x1), TSimd.Add(x2, x3));
        x4 = TSimd.Add(TSimd.Add(x4, x5), TSimd.Add(x6, x7));
        x8 = TSimd.Add(TSimd.Add(x8, x9), TSimd.Add(x10, x11));
        a->Sums[tile] = TSimd.Sum(TSimd.Add(TSimd.Add(x0, x4), x8));
    }
}
