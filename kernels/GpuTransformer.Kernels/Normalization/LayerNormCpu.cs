using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias.
/// <para>Shapes: x, residual, sum, y (rows, width); weight, bias (width). A tile owns some whole rows.</para>
/// <para>Numerics: two passes over the row in cache, mean first and then the centred squares, so large means lose
/// nothing. Four accumulators, registers ascending; added up in pairs, then lane by halves.</para>
/// <para>Cost: 8 bytes an element, 4 more each for residual and sum; about 8 flops.</para></summary>
internal unsafe struct LayerNormCpu : ISimdTile
{
    public static CpuVariant<NormArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<NormArgs> ForWidth(int bits) =>
        SimdVariant.Of<LayerNormCpu, NormArgs, NormCpu.Args>("layernorm-cpu", bits, NormCpu.Convert, &NormCpu.TileCount);

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
            var mean = Sum<TSimd, TVector>(x, a.Width) / a.Width;
            var variance = CentredSquares<TSimd, TVector>(x, a.Width, mean) / a.Width;
            NormCpu.Apply<TSimd, TVector>(ref a, x, a.Y.Row(r), mean, 1f / MathF.Sqrt(variance + a.Epsilon));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum<TSimd, TVector>(float* x, int count)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var zero = TSimd.Create(0f);
        var (s0, s1, s2, s3) = (zero, zero, zero, zero);
        var i = 0;
        for (; i + 4 * lanes <= count; i += 4 * lanes)
        {
            s0 = TSimd.Add(s0, TSimd.Load(x + i));
            s1 = TSimd.Add(s1, TSimd.Load(x + i + lanes));
            s2 = TSimd.Add(s2, TSimd.Load(x + i + 2 * lanes));
            s3 = TSimd.Add(s3, TSimd.Load(x + i + 3 * lanes));
        }

        for (; i + lanes <= count; i += lanes)
        {
            s0 = TSimd.Add(s0, TSimd.Load(x + i));
        }

        s1 = TSimd.Add(s1, TSimd.LoadFirst(x + i, count - i));
        return TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float CentredSquares<TSimd, TVector>(float* x, int count, float mean)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var zero = TSimd.Create(0f);
        var m = TSimd.Create(mean);
        var (s0, s1, s2, s3) = (zero, zero, zero, zero);
        var i = 0;
        for (; i + 4 * lanes <= count; i += 4 * lanes)
        {
            var d0 = TSimd.Subtract(TSimd.Load(x + i), m);
            var d1 = TSimd.Subtract(TSimd.Load(x + i + lanes), m);
            var d2 = TSimd.Subtract(TSimd.Load(x + i + 2 * lanes), m);
            var d3 = TSimd.Subtract(TSimd.Load(x + i + 3 * lanes), m);
            s0 = TSimd.MultiplyAdd(d0, d0, s0);
            s1 = TSimd.MultiplyAdd(d1, d1, s1);
            s2 = TSimd.MultiplyAdd(d2, d2, s2);
            s3 = TSimd.MultiplyAdd(d3, d3, s3);
        }

        for (; i + lanes <= count; i += lanes)
        {
            var d = TSimd.Subtract(TSimd.Load(x + i), m);
            s0 = TSimd.MultiplyAdd(d, d, s0);
        }

        var left = count - i;
        var rest = TSimd.SelectRange(TSimd.Subtract(TSimd.LoadFirst(x + i, left), m), zero, 0, left);
        s1 = TSimd.MultiplyAdd(rest, rest, s1);
        return TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)));
    }
}
