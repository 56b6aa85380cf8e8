using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>x · gate(x) for the gates of activations, gate(x) + gate(-x) = 1, over SIMD registers: max(x, 0) - |x| · h(|x|)
/// with h(a) = gate(-a), which falls from 1/2 to 0. One path for both signs, nothing overflows, and a large negative
/// x loses nothing to cancellation. NaN gives NaN; -infinity gives the limit, 0.</summary>
internal static class GatedMath
{
    /// <summary>Where the gate is cut off: e^-86 is still a normal number.</summary>
    private const float Farthest = -86f;

    /// <summary>The same for the normal distribution, where h is 2^-114.</summary>
    private const float FarthestNormal = -9.75f;

    /// <summary>log₂e less <see cref="FastMath.Log2E"/>.</summary>
    private const float Log2ELow = 1.92596299e-8f;

    // log₂ h(a) = -1 - a (N1 + ... + N8 a⁷) for the normal distribution, h(a) = erfc(a/√2) / 2: a minimax fit over 0 ≤ a ≤ 6 to
    // 2.6e-8 of 1/2; beyond it falls on. Here in -a.
    private const float N1 = 1.15110517f;
    private const float N2 = -0.45920819f;
    private const float N3 = 0.0524961874f;
    private const float N4 = 0.00706343492f;
    private const float N5 = 0.00013694838f;
    private const float N6 = -0.000186175021f;
    private const float N7 = -3.9376544e-5f;
    private const float N8 = -2.83481336e-6f;

    /// <summary>x · Φ(x), the normal distribution's: within 4e-7 of the smaller of |x| / 2 and the result, and 4e-8. 18
    /// instructions of 512 bits, no division.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Normal<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var n = TSimd.NegatedMagnitude(x, TSimd.Create(FarthestNormal));
        var t = TSimd.MultiplyAdd(TSimd.Create(N8), n, TSimd.Create(N7));
        t = TSimd.MultiplyAdd(t, n, TSimd.Create(N6));
        t = TSimd.MultiplyAdd(t, n, TSimd.Create(N5));
        t = TSimd.MultiplyAdd(t, n, TSimd.Create(N4));
        t = TSimd.MultiplyAdd(t, n, TSimd.Create(N3));
        t = TSimd.MultiplyAdd(t, n, TSimd.Create(N2));
        t = TSimd.MultiplyAdd(t, n, TSimd.Create(N1));
        t = TSimd.MultiplyAdd(t, n, TSimd.Create(-1f));
        return TSimd.MultiplyAdd(n, SoftmaxExp.NormalPower<TSimd, TVector>(t), TSimd.Max(TSimd.Create(0f), x));
    }

    /// <summary>x · sigmoid(a(x)) for an odd a that grows, given as a power of two: within 5e-7 of the result, besides what
    /// the rounding of the power makes. The division overlaps with the rest.</summary>
    /// <param name="x">The values.</param>
    /// <param name="negative">-|x|, at least where a is 85: what is cut off is nothing.</param>
    /// <param name="power">-|a(x)| · log₂e - 1; the one spares the rounding of a fraction near 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Logistic<TSimd, TVector>(TVector x, TVector negative, TVector power)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var half = SoftmaxExp.NormalPower<TSimd, TVector>(power);
        var gate = TSimd.Divide(half, TSimd.Add(TSimd.Create(0.5f), half));
        return TSimd.MultiplyAdd(negative, gate, TSimd.Max(TSimd.Create(0f), x));
    }

    /// <summary>x · sigmoid(x), within 5e-7 of the result. The division overlaps with the rest; an estimate of 14 bits and two
    /// of Newton's steps took 16 % longer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Silu<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        // Without a bound, -infinity or the largest numbers would not be 0 in the end.
        var n = TSimd.NegatedMagnitude(x, TSimd.Create(Farthest));
        var log2E = TSimd.Create(FastMath.Log2E);
        var shifted = TSimd.MultiplyAdd(n, log2E, TSimd.Create(FastMath.RoundingShift));
        var r = TSimd.MultiplyAdd(n, log2E, TSimd.Subtract(TSimd.Create(FastMath.RoundingShift), shifted));
        r = TSimd.MultiplyAdd(n, TSimd.Create(Log2ELow), r);
        var e = TSimd.ScaleByPower(TSimd.MultiplyAdd(SoftmaxExp.PowerSlope<TSimd, TVector>(r), r, TSimd.Create(1f)), shifted);
        var gate = TSimd.Divide(e, TSimd.Add(TSimd.Create(1f), e));
        return TSimd.MultiplyAdd(n, gate, TSimd.Max(TSimd.Create(0f), x));
    }
}
