using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: s = x + residual; y = s / √(mean(s²) + eps) · (weight + shift) + bias.
/// <para>Shapes: x, residual, sum, y (rows, width); weight, bias (width). A tile owns some whole rows, two at a time.</para>
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
        for (var r = first; r < end; r += 2)
        {
            var second = Math.Min(r + 1, end - 1);
            var x0 = NormCpu.Source<TSimd, TVector>(ref a, r);
            var x1 = second == r ? x0 : NormCpu.Source<TSimd, TVector>(ref a, second);
            Squares<TSimd, TVector>(x0, x1, a.Width, out var square0, out var square1);
            var factor0 = 1f / MathF.Sqrt(square0 / a.Width + a.Epsilon);
            var factor1 = 1f / MathF.Sqrt(square1 / a.Width + a.Epsilon);
            NormCpu.Apply<TSimd, TVector>(ref a, x0, x1, r, second, 0f, 0f, factor0, factor1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Squares<TSimd, TVector>(float* x, float* z, int count, out float sumX, out float sumZ)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var zero = TSimd.Create(0f);
        var (s0, s1, s2, s3) = (zero, zero, zero, zero);
        var (t0, t1, t2, t3) = (zero, zero, zero, zero);
        var i = 0;
        for (; i + 4 * lanes <= count; i += 4 * lanes)
        {
            s0 = Square<TSimd, TVector>(TSimd.Load(x + i), s0);
            t0 = Square<TSimd, TVector>(TSimd.Load(z + i), t0);
            s1 = Square<TSimd, TVector>(TSimd.Load(x + i + lanes), s1);
            t1 = Square<TSimd, TVector>(TSimd.Load(z + i + lanes), t1);
            s2 = Square<TSimd, TVector>(TSimd.Load(x + i + 2 * lanes), s2);
            t2 = Square<TSimd, TVector>(TSimd.Load(z + i + 2 * lanes), t2);
            s3 = Square<TSimd, TVector>(TSimd.Load(x + i + 3 * lanes), s3);
            t3 = Square<TSimd, TVector>(TSimd.Load(z + i + 3 * lanes), t3);
        }

        for (; i + lanes <= count; i += lanes)
        {
            s0 = Square<TSimd, TVector>(TSimd.Load(x + i), s0);
            t0 = Square<TSimd, TVector>(TSimd.Load(z + i), t0);
        }

        s1 = Square<TSimd, TVector>(TSimd.LoadFirst(x + i, count - i), s1);
        t1 = Square<TSimd, TVector>(TSimd.LoadFirst(z + i, count - i), t1);
        sumX = TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)));
        sumZ = TSimd.Sum(TSimd.Add(TSimd.Add(t0, t1), TSimd.Add(t2, t3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Square<TSimd, TVector>(TVector value, TVector sum)
        where TSimd : ISimd<TVector>
        where TVector : struct => TSimd.MultiplyAdd(value, value, sum);
}
