using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>The exponential as a softmax needs it: arguments of at most 0 after the maximum is subtracted, in powers of
/// two, and tiny results cut to 0, since denormal weights cost a hundred cycles each and change nothing.</summary>
/// <remarks>Half the instructions of <see cref="VectorMath.Exp"/>.</remarks>
internal static class SoftmaxExp
{
    /// <summary>Below this the power is 0: the smallest normal number is 2^-126.</summary>
    public const float Lowest = -126f;

    // 2^r for |r| ≤ 1/2 as 1 + r (P1 + ... + P6 r⁵), a minimax fit of the relative error: 6e-9.
    private const float P1 = 0.693147242f;
    private const float P2 = 0.240226552f;
    private const float P3 = 0.0555027798f;
    private const float P4 = 0.00961711165f;
    private const float P5 = 0.0013414548f;
    private const float P6 = 0.000157855888f;

    /// <summary>2 to the power t for t below 127, within 1.5 ulp; exactly 1 at 0, exactly 0 below -126; NaN gives NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Power<TSimd, TVector>(TVector t)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var shifted = TSimd.Add(t, TSimd.Create(FastMath.RoundingShift));
        var r = TSimd.Subtract(t, TSimd.Subtract(shifted, TSimd.Create(FastMath.RoundingShift)));
        var p = TSimd.MultiplyAdd(TSimd.Create(P6), r, TSimd.Create(P5));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(P4));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(P3));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(P2));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(P1));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(1f));
        return TSimd.ZeroBelow(TSimd.ScaleByPower(p, shifted), t, TSimd.Create(Lowest));
    }

    /// <summary>The same for one number, with the same bits as a lane.</summary>
    public static float Power<TSimd, TVector>(float t)
        where TSimd : ISimd<TVector>
        where TVector : struct => TSimd.Largest(Power<TSimd, TVector>(TSimd.Create(t)));
}
