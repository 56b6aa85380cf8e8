using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The exponential and logarithm of the GPU variants' softmax, in fewer instructions than <see cref="FastMath"/>
/// for the arguments that occur there. Every sum of a product has one product, so that there is one way to fuse it.</summary>
internal static class AttentionPower
{
    // 2^f = 1 + f (C1 + C2 f + ... + C5 f⁴) for |f| ≤ 1/2, to 9.2e-8 of it (minimax, relative).
    private const float C1 = 0.693147004f;
    private const float C2 = 0.240222424f;
    private const float C3 = 0.0555073358f;
    private const float C4 = 0.00967151299f;
    private const float C5 = 0.00132647273f;

    private const float Ln2 = 0.693147181f;
    private const uint RootOfHalf = 0x3F3504F3u;
    private const uint ExponentOfOne = 0x3F800000u;
    private const int ExponentShift = 23;

    /// <summary>e to the power x for x ≤ 0: within 2e-7 + 1.2e-7 |x| of it, 1 at 0, and 0 below -87.7 (-infinity too).
    /// NaN gives NaN. 12 instructions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float x)
    {
        // A comparison with NaN is false, so NaN passes; 2^-127 is made of the bits of zero.
        var t = x * FastMath.Log2E;
        t = t < -127f ? -127f : t;
        var shifted = t + FastMath.RoundingShift;
        var f = t - (shifted - FastMath.RoundingShift);
        var p = C4 + C5 * f;
        p = C3 + p * f;
        p = C2 + p * f;
        p = C1 + p * f;
        p = 1f + p * f;
        return p * Interop.IntAsFloat((Interop.FloatAsInt(shifted) << ExponentShift) + ExponentOfOne);
    }

    /// <summary>The natural logarithm of a normal number above 0, within 3e-7 absolute or relative; NaN gives NaN.</summary>
    public static float Log(float x)
    {
        // x = m · 2^power with m in [0.707, 1.414], and ln m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| ≤ 0.172.
        var bits = Interop.FloatAsInt(x);
        var power = (int)(bits - RootOfHalf) >> ExponentShift;
        var m = Interop.IntAsFloat(bits - ((uint)power << ExponentShift));
        var s = (m - 1f) / (m + 1f);
        var z = s * s;
        var p = 0.222222222f + z * 0.181818182f;
        p = 0.285714286f + z * p;
        p = 0.4f + z * p;
        p = 0.666666667f + z * p;
        p = s * (2f + z * p);
        return FastMath.IsNaN(x) ? x : p + power * Ln2;
    }
}
