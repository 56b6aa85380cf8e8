using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Exponential, tanh, erf and sigmoid in float32 from multiplications, additions and one division. Kernels
/// use these and not the device's own functions, whose errors differ by device (CUDA's tanh: 5e-4), so that one
/// kernel gives the same numbers everywhere, as far as the compiler's fused multiply-adds allow. NaN gives NaN.</summary>
/// <remarks>The coefficients are minimax fits (Remez exchange) in the weights that the comments name.</remarks>
public static class FastMath
{
    /// <summary>Adding it to |v| &lt; 2^22 leaves v rounded to nearest in the low bits of the mantissa.</summary>
    internal const float RoundingShift = 12582912f;

    /// <summary>The same, but what is left there is the exponent of 2^v, with its bias.</summary>
    internal const float ExponentShift = RoundingShift + 127f;

    /// <summary>The bits of <see cref="RoundingShift"/>.</summary>
    internal const int RoundingShiftBits = 0x4B400000;

    internal const float Log2E = 1.44269504f;

    /// <summary>ln 2 to 15 bits, so that its product with an exponent is exact; <see cref="Ln2Low"/> is the rest.</summary>
    internal const float Ln2High = 0.693145752f;

    internal const float Ln2Low = 1.42860677e-6f;

    /// <summary>Beyond these exp is infinity, or rounds to 0.</summary>
    internal const float ExpHighest = 89f;

    internal const float ExpLowest = -104f;

    // exp(r) - 1 - r = r² (E0 + E1 r + ... + E4 r⁴) for |r| ≤ ln 2 / 2, to 3.2e-9 of exp(r).
    internal const float E0 = 0.5f;
    internal const float E1 = 0.166665182f;
    internal const float E2 = 0.0416662022f;
    internal const float E3 = 0.00836902484f;
    internal const float E4 = 0.00139507197f;

    // -ln(erfc(a)) = a (R0 + R1 a + ... + R8 a⁸) for 0 ≤ a ≤ 4, to 4e-9 of erf(a).
    internal const float R0 = 1.12837923f;
    internal const float R1 = 0.636619389f;
    internal const float R2 = 0.102777831f;
    internal const float R3 = -0.0191530641f;
    internal const float R4 = -0.000160397132f;
    internal const float R5 = 0.00166702841f;
    internal const float R6 = -0.000632837298f;
    internal const float R7 = 0.00011764135f;
    internal const float R8 = -9.25626682e-6f;

    /// <summary>erf is 1 to the last bit of float32 from here on.</summary>
    internal const float ErfSaturates = 4f;

    /// <summary>tanh is 1 to the last bit of float32 from here on.</summary>
    internal const float TanhSaturates = 9.02f;

    private const uint SignBit = 0x80000000u;

    /// <summary>e to the power x, within 2 ulp, denormal results included; infinity above 88.73, 0 below -103.98.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float x)
    {
        // A comparison with NaN is false, so NaN passes the clamps.
        x = x > ExpHighest ? ExpHighest : x;
        x = x < ExpLowest ? ExpLowest : x;
        var shifted = x * Log2E + RoundingShift;
        var r = Reduce(x, shifted - RoundingShift);
        var power = (int)Interop.FloatAsInt(shifted) - RoundingShiftBits;

        // In two factors: 2^power itself may be beyond the normal range.
        var half = power >> 1;
        return (1f + ExpMinusOne(r)) * PowerOfTwo(half) * PowerOfTwo(power - half);
    }

    /// <summary>Hyperbolic tangent, within 3e-7 relative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Tanh(float x)
    {
        // With t = exp(2|x|) - 1 the quotient t / (t + 2) has no cancellation near 0.
        var sign = Interop.FloatAsInt(x) & SignBit;
        var magnitude = Interop.IntAsFloat(Interop.FloatAsInt(x) & ~SignBit);
        magnitude = magnitude > TanhSaturates ? TanhSaturates : magnitude;
        var doubled = magnitude + magnitude;
        var shifted = doubled * Log2E + RoundingShift;
        var r = Reduce(doubled, shifted - RoundingShift);
        var scale = PowerOfTwo((int)Interop.FloatAsInt(shifted) - RoundingShiftBits);
        var t = scale * ExpMinusOne(r) + (scale - 1f);
        return Interop.IntAsFloat(Interop.FloatAsInt(t / (t + 2f)) | sign);
    }

    /// <summary>The error function, within 3e-7 relative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Erf(float x)
    {
        // erf(a) = 1 - exp(-q) with q = -ln(erfc(a)), a smooth function: one path, and relative accuracy near 0.
        var sign = Interop.FloatAsInt(x) & SignBit;
        var a = Interop.IntAsFloat(Interop.FloatAsInt(x) & ~SignBit);
        a = a > ErfSaturates ? ErfSaturates : a;
        var q = R7 + R8 * a;
        q = R6 + q * a;
        q = R5 + q * a;
        q = R4 + q * a;
        q = R3 + q * a;
        q = R2 + q * a;
        q = R1 + q * a;
        q = (R0 + q * a) * a;
        var shifted = RoundingShift - q * Log2E;
        var r = Reduce(-q, shifted - RoundingShift);
        var scale = PowerOfTwo((int)Interop.FloatAsInt(shifted) - RoundingShiftBits);
        var value = (1f - scale) - scale * ExpMinusOne(r);
        return Interop.IntAsFloat(Interop.FloatAsInt(value) | sign);
    }

    /// <summary>1 / (1 + exp(-x)), within 3e-7 relative for x ≥ -88 and 1e-38 absolute below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sigmoid(float x) => 1f / (1f + Exp(-x));

    /// <summary>By its bits, which no comparison of a compiler can simplify.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsNaN(float value) => (Interop.FloatAsInt(value) & 0x7FFFFFFFu) > 0x7F800000u;

    /// <summary>x - count · ln 2, in two steps so that little is lost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Reduce(float x, float count) => (x - count * Ln2High) - count * Ln2Low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float ExpMinusOne(float r)
    {
        var p = E3 + E4 * r;
        p = E2 + p * r;
        p = E1 + p * r;
        p = E0 + p * r;
        return r + r * r * p;
    }

    /// <summary>2^power for -126 ≤ power ≤ 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float PowerOfTwo(int power) => Interop.IntAsFloat((uint)((power + 127) << 23));
}
