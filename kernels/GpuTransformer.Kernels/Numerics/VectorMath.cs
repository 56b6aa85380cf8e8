using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>The functions of <see cref="FastMath"/> over SIMD registers: the same coefficients in the same order, with
/// fused multiply-adds where the processor has them. With those, a value gets the same bits at every width.</summary>
internal static class VectorMath
{
    /// <summary>e to the power x, within 2 ulp, denormal results included; infinity above 88.73, 0 below -103.98.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        x = TSimd.Min(TSimd.Create(FastMath.ExpHighest), x);
        x = TSimd.Max(TSimd.Create(FastMath.ExpLowest), x);
        var shifted = Round<TSimd, TVector>(x);
        var r = Reduce<TSimd, TVector>(x, shifted);
        return TSimd.Scale(TSimd.Add(TSimd.Create(1f), ExpMinusOne<TSimd, TVector>(r)), shifted);
    }

    /// <summary>Hyperbolic tangent, within 3e-7 relative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        // With t = exp(2|x|) - 1 the quotient t / (t + 2) has no cancellation near 0.
        var sign = TSimd.And(x, TSimd.Create(-0f));
        var magnitude = TSimd.Min(TSimd.Create(FastMath.TanhSaturates), Magnitude<TSimd, TVector>(x));
        var doubled = TSimd.Add(magnitude, magnitude);
        var shifted = Round<TSimd, TVector>(doubled);
        var scale = TSimd.PowerOfTwo(shifted);
        var t = TSimd.MultiplyAdd(
            scale,
            ExpMinusOne<TSimd, TVector>(Reduce<TSimd, TVector>(doubled, shifted)),
            TSimd.Subtract(scale, TSimd.Create(1f)));
        return TSimd.Or(TSimd.Divide(t, TSimd.Add(t, TSimd.Create(2f))), sign);
    }

    /// <summary>The error function, within 3e-7 relative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Erf<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        // erf(a) = 1 - exp(m) with m = ln(erfc(a)), a smooth function: one path, and relative accuracy near 0.
        var sign = TSimd.And(x, TSimd.Create(-0f));
        var a = TSimd.Min(TSimd.Create(FastMath.ErfSaturates), Magnitude<TSimd, TVector>(x));
        var q = TSimd.MultiplyAdd(TSimd.Create(-FastMath.R8), a, TSimd.Create(-FastMath.R7));
        q = TSimd.MultiplyAdd(q, a, TSimd.Create(-FastMath.R6));
        q = TSimd.MultiplyAdd(q, a, TSimd.Create(-FastMath.R5));
        q = TSimd.MultiplyAdd(q, a, TSimd.Create(-FastMath.R4));
        q = TSimd.MultiplyAdd(q, a, TSimd.Create(-FastMath.R3));
        q = TSimd.MultiplyAdd(q, a, TSimd.Create(-FastMath.R2));
        q = TSimd.MultiplyAdd(q, a, TSimd.Create(-FastMath.R1));
        q = TSimd.Multiply(TSimd.MultiplyAdd(q, a, TSimd.Create(-FastMath.R0)), a);
        var shifted = Round<TSimd, TVector>(q);
        var scale = TSimd.PowerOfTwo(shifted);
        var tail = TSimd.Multiply(scale, ExpMinusOne<TSimd, TVector>(Reduce<TSimd, TVector>(q, shifted)));
        return TSimd.Or(TSimd.Subtract(TSimd.Subtract(TSimd.Create(1f), scale), tail), sign);
    }

    /// <summary>1 / (1 + exp(-x)), within 3e-7 relative for x ≥ -88 and 1e-38 absolute below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var one = TSimd.Create(1f);
        return TSimd.Divide(one, TSimd.Add(one, Exp<TSimd, TVector>(Negate<TSimd, TVector>(x))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Negate<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct => TSimd.Subtract(TSimd.Create(-0f), x);

    /// <summary>|x|, NaN kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Magnitude<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct => TSimd.And(x, TSimd.Create(BitConverter.Int32BitsToSingle(int.MaxValue)));

    /// <summary>x / ln 2 rounded to an integer, with <see cref="FastMath.RoundingShift"/> added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Round<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct =>
        TSimd.MultiplyAdd(x, TSimd.Create(FastMath.Log2E), TSimd.Create(FastMath.RoundingShift));

    /// <summary>x - count · ln 2, in two steps so that little is lost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Reduce<TSimd, TVector>(TVector x, TVector shifted)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var count = TSimd.Subtract(shifted, TSimd.Create(FastMath.RoundingShift));
        x = TSimd.MultiplyAdd(count, TSimd.Create(-FastMath.Ln2High), x);
        return TSimd.MultiplyAdd(count, TSimd.Create(-FastMath.Ln2Low), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ExpMinusOne<TSimd, TVector>(TVector r)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var p = TSimd.MultiplyAdd(TSimd.Create(FastMath.E4), r, TSimd.Create(FastMath.E3));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(FastMath.E2));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(FastMath.E1));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(FastMath.E0));
        return TSimd.MultiplyAdd(TSimd.Multiply(r, r), p, r);
    }
}
