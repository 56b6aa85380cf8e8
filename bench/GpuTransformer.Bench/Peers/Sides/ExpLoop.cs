using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>Powers of two and their sum, from the first-level cache: the least that a softmax between two products costs
/// beside their multiply-adds. One operation is one power.</summary>
internal sealed unsafe class ExpLoop : PoolLoop
{
    private const int Floats = 1 << 10;
    private const int TilesPerThread = 16;
    private const int Repeats = 200;
    private const float Exponent = -1f;
    private readonly void* _memory;

    private ExpLoop(LoopArgs args, int bits)
        : base(
            "exponential loop", "first-level cache", new Work((double)Floats * Repeats * args.Tiles, 0, IsMemoryBound: false), bits, args,
            bits switch
            {
                512 => &Tile<Simd512, Vector512<float>>,
                256 => &Tile<Simd256, Vector256<float>>,
                _ => &Tile<Simd128, Vector128<float>>,
            }) => _memory = args.Data;

    public static ExpLoop Of(int bits, int threads)
    {
        var memory = (float*)NativeMemory.AlignedAlloc(Floats * sizeof(float), 64);
        new Span<float>(memory, Floats).Fill(Exponent);
        return new ExpLoop(new LoopArgs { Tiles = TilesPerThread * threads, Repeats = Repeats, Data = memory, TileFloats = Floats }, bits);
    }

    public override void Verify()
    {
        foreach (var sum in Sums)
        {
            ExpectNear("the sum of the powers", sum, Math.Pow(2, Exponent) * Floats * Repeats, 0);
        }
    }

    public override void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        base.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var a = (LoopArgs*)args;
        var lanes = TSimd.Lanes;
        TVector x0, x1, x2, x3;
        x0 = x1 = x2 = x3 = TSimd.Create(0f);
        for (var repeat = 0; repeat < a->Repeats; repeat++)
        {
            for (var i = 0; i < Floats; i += 4 * lanes)
            {
                x0 = TSimd.Add(x0, SoftmaxExp.Power<TSimd, TVector>(TSimd.Load(a->Data + i)));
                x1 = TSimd.Add(x1, SoftmaxExp.Power<TSimd, TVector>(TSimd.Load(a->Data + i + lanes)));
                x2 = TSimd.Add(x2, SoftmaxExp.Power<TSimd, TVector>(TSimd.Load(a->Data + i + 2 * lanes)));
                x3 = TSimd.Add(x3, SoftmaxExp.Power<TSimd, TVector>(TSimd.Load(a->Data + i + 3 * lanes)));
            }
        }

        a->Sums[tile] = TSimd.Sum(TSimd.Add(TSimd.Add(x0, x1), TSimd.Add(x2, x3)));
    }
}
