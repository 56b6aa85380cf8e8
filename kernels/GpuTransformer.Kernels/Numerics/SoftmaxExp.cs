using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The exponential as a softmax needs it: of what is left when the maximum is subtracted, at most 0. Tiny
/// results are cut to 0: denormal numbers cost a hundred cycles each and change nothing.</summary>
/// <remarks>Half the instructions of <see cref="VectorMath.Exp"/>.</remarks>
internal static class SoftmaxExp
{
    /// <summary>Below this the result is 0: e^-69 of the largest weight, which stays a normal number when it is divided by
    /// a sum of 2^26 of them.</summary>
    public const float Lowest = -69f;

    // 2^r for |r| ≤ 1/2 as 1 + r (P1 + ... + P6 r⁵), a minimax fit of the relative error: 6e-9.
    private const float P1 = 0.693147242f;
    private const float P2 = 0.240226552f;
    private const float P3 = 0.0555027798f;
    private const float P4 = 0.00961711165f;
    private const float P5 = 0.0013414548f;
    private const float P6 = 0.000157855888f;

    /// <summary><see cref="Lowest"/> as a power of two, for registers.</summary>
    public const float LowestPower = -100f;

    // 2^r for 0 ≤ r ≤ 1 as 1 + r (Q1 + ... + Q5 r⁴), a minimax fit of the relative error: 9.4e-8.
    internal const float Q1 = 0.693151295f;
    internal const float Q2 = 0.240164444f;
    internal const float Q3 = 0.0557999127f;
    internal const float Q4 = 0.00901703071f;
    internal const float Q5 = 0.00186713005f;

    // 2^r for |r| ≤ 1/2 as 1 + r (N1 + ... + N5 r⁴), a minimax fit of the relative error: 1.1e-7.
    private const float N1 = 0.693147004f;
    private const float N2 = 0.240222424f;
    private const float N3 = 0.0555073358f;
    private const float N4 = 0.00967151299f;
    private const float N5 = 0.00132647273f;

    /// <summary>e to the power x for x up to 80, within 2.2e-7 + 8e-8 |x| relative: a weight is right to 2.2e-7 of the
    /// largest. Exactly 1 at 0, exactly 0 below -69.3; NaN gives NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TVector>
        where TVector : struct => Power<TSimd, TVector>(TSimd.Multiply(x, TSimd.Create(FastMath.Log2E)));

    /// <summary><see cref="Power{TSimd, TVector}(TVector)"/> of one number, with the same bits as a lane.</summary>
    public static float Power<TSimd, TVector>(float t)
        where TSimd : ISimd<TVector>
        where TVector : struct => TSimd.Largest(Power<TSimd, TVector>(TSimd.Create(t)));

    /// <summary>2 to the power t for t up to 115, within 2.2e-7 relative. Exactly 1 at 0, exactly 0 below
    /// <see cref="LowestPower"/>; NaN gives NaN. Eight instructions where registers reduce and scale, else 12.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Power<TSimd, TVector>(TVector t)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var power = TSimd.ReducesAndScales
            ? TSimd.ScaleByFloor(FractionPower<TSimd, TVector>(t, out var whole), whole)
            : NearestPower<TSimd, TVector>(t);
        return TSimd.ZeroBelow(power, t, TSimd.Create(LowestPower));
    }

    /// <summary>2 to the power t for t from -126 to -1, where it has the same bits at every width, and is not cut.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NormalPower<TSimd, TVector>(TVector t)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var power = FractionPower<TSimd, TVector>(t, out var whole);
        return TSimd.ScaleByFloor(power, whole);
    }

    /// <summary>(2^r - 1) / r for |r| ≤ 1/2, so that 2^r is right to 1.1e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector PowerSlope<TSimd, TVector>(TVector r)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var p = TSimd.MultiplyAdd(TSimd.Create(N5), r, TSimd.Create(N4));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(N3));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(N2));
        return TSimd.MultiplyAdd(p, r, TSimd.Create(N1));
    }

    /// <summary>By the nearest whole power, whose exponent an addition leaves in the last bits. Its scale is a factor of the last
    /// step's operands, which are there early; adding to an exponent would not keep every NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector NearestPower<TSimd, TVector>(TVector t)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var shift = TSimd.Create(FastMath.ExponentShift);
        var shifted = TSimd.Add(t, shift);
        var scale = TSimd.PowerOfExponent(shifted);
        var r = TSimd.Subtract(t, TSimd.Subtract(shifted, shift));
        return TSimd.MultiplyAdd(PowerSlope<TSimd, TVector>(r), TSimd.Multiply(r, scale), scale);
    }

    /// <summary>2 to the power t - floor(t).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector FractionPower<TSimd, TVector>(TVector t, out TVector whole)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var r = TSimd.Fraction(t, out whole);
        var p = TSimd.MultiplyAdd(TSimd.Create(Q5), r, TSimd.Create(Q4));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(Q3));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(Q2));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(Q1));
        return TSimd.MultiplyAdd(p, r, TSimd.Create(1f));
    }

    /// <summary>e to the power x for x up to 80, in a kernel, from arithmetic alone: within 2e-7 + 1.5e-8 |x| relative, exactly
    /// 1 at 0, exactly 0 below <see cref="Lowest"/>; NaN gives NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float x)
    {
        var shifted = x * FastMath.Log2E + FastMath.RoundingShift;
        var r = x * FastMath.Log2E - (shifted - FastMath.RoundingShift);
        var p = P5 + P6 * r;
        p = P4 + p * r;
        p = P3 + p * r;
        p = P2 + p * r;
        p = P1 + p * r;
        p = 1f + p * r;

        // A product, which keeps NaN; the shift's own bits leave at the top. What is below the lowest is taken away.
        var power = Interop.IntAsFloat((Interop.FloatAsInt(shifted) << 23) + 0x3F800000u);
        return x < Lowest ? 0f : p * power;
    }
}
