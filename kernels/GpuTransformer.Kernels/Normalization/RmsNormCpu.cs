using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: s = x + residual; y = s / √(mean(s²) + eps) · (weight + shift) + bias.
/// <para>Shapes: x, residual, sum, y (rows, width); weight, bias (width). A tile owns some whole rows.</para>
/// <para>Numerics: one pass for the squares over the row in cache; four accumulators, registers ascending; added up in
/// pairs, then lane by halves.</para>
/// <para>Cost: 8 bytes an element, 4 more each for residual and sum; about 5 flops.</para></summary>
internal unsafe struct RmsNormCpu : ISimdTile
{
    public static CpuVariant<NormArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<NormArgs> ForWidth(int bits) =>
        SimdVariant.Of<RmsNormCpu, NormArgs, NormCpu.Args>("rmsnorm-cpu", bits, NormCpu.Convert, &NormCpu.TileCount);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(NormCpu.Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        for (var r = first; r < end; r++)
        {
            var x = NormCpu.Source<TSimd, TVector>(ref a, r);
            var square = Squares<TSimd, TVector>(x, a.Width) / a.Width;
            NormCpu.Apply<TSimd, TVector>(ref a, x, a.Y.Row(r), 0f, 1f / MathF.Sqrt(square + a.Epsilon));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Squares<TSimd, TVector>(float* x, int count)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var zero = TSimd.Create(0f);
        var (s0, s1, s2, s3) = (zero, zero, zero, zero);
        var i = 0;
        for (; i + 4 * lanes <= count; i += 4 * lanes)
        {
            var v0 = TSimd.Load(x + i);
            var v1 = TSimd.Load(x + i + lanes);
            var v2 = TSimd.Load(x + i + 2 * lanes);
            var v3 = TSimd.Load(x + i + 3 * lanes);
            s0 = TSimd.MultiplyAdd(v0, v0, s0);
            s1 = TSimd.MultiplyAdd(v1, v1, s1);
            s2 = TSimd.MultiplyAdd(v2, v2, s2);
            s3 = TSimd.MultiplyAdd(v3, v3, s3);
        }

        for (; i + lanes <= count; i += lanes)
        {
            var v = TSimd.Load(x + i);
            s0 = TSimd.MultiplyAdd(v, v, s0);
        }

        var rest = TSimd.LoadFirst(x + i, count - i);
        s1 = TSimd.MultiplyAdd(rest, rest, s1);
        return TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)));
    }
}
