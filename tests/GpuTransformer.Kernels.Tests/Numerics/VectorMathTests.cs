using System.Runtime.Intrinsics;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The SIMD functions at every width that this processor has, against float64.</summary>
public sealed class VectorMathTests
{
    [Theory]
    [MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Exp_IsWithinTwoUlp(int bits)
    {
        var x = Sweep(-103.9f, 88.7f, 200_003);
        var y = Map(Function.Exp, bits, x);
        for (var i = 0; i < x.Length; i++)
        {
            // An ulp of the result; 2^-149 where it is denormal.
            var expected = Math.Exp(x[i]);
            var ulp = Math.Max(MathF.BitIncrement((float)expected) - (double)(float)expected, Math.Pow(2, -149));
            if (!(Math.Abs(y[i] - expected) <= 2 * ulp))
            {
                Assert.Fail($"exp({x[i]:G9}) = {y[i]:G9}, expected {expected:G9}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void TanhErfSigmoid_AreWithin3e7(int bits)
    {
        var x = Sweep(-20f, 20f, 100_003).Concat(Sweep(-1e-3f, 1e-3f, 1001)).ToArray();
        Compare(x, Map(Function.Tanh, bits, x), Math.Tanh, "tanh");
        Compare(x, Map(Function.Erf, bits, x), ReferenceActivation.Erf, "erf");
        Compare(x, Map(Function.Sigmoid, bits, x), v => 1 / (1 + Math.Exp(-v)), "sigmoid");
    }

    [Theory]
    [MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Extremes_AreExact(int bits)
    {
        float[] x = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, 1e30f, -1e30f, float.Epsilon];
        Assert.Equal([float.NaN, float.PositiveInfinity, 0f, 1f, 1f, float.PositiveInfinity, 0f, 1f], Map(Function.Exp, bits, x));
        Assert.Equal([float.NaN, 1f, -1f, 0f, -0f, 1f, -1f, float.Epsilon], Map(Function.Tanh, bits, x));
        Assert.Equal([float.NaN, 1f, -1f, 0f, -0f, 1f, -1f, float.Epsilon], Map(Function.Erf, bits, x));
        Assert.Equal([float.NaN, 1f, 0f, 0.5f, 0.5f, 1f, 0f, 0.5f], Map(Function.Sigmoid, bits, x));
    }

    [Theory]
    [MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Lanes_DoNotSeeEachOther(int bits)
    {
        var x = Sweep(-30f, 30f, 4096);
        var shifted = new float[x.Length + 3];
        x.CopyTo(shifted, 3);
        foreach (var function in Enum.GetValues<Function>())
        {
            Assert.Equal(Map(function, bits, x), Map(function, bits, shifted)[3..]);
        }
    }

    [SkippableFact]
    public void Widths_AgreeToTheBit_WhereMultiplyAddIsFused()
    {
        Skip.If(DeviceTraits.WidestSimd < 256, "one width only");
        var x = Sweep(-110f, 95f, 50_001);
        foreach (var function in Enum.GetValues<Function>())
        {
            var expected = Map(function, 128, x);
            for (var bits = 256; bits <= DeviceTraits.WidestSimd; bits *= 2)
            {
                Assert.Equal(expected, Map(function, bits, x));
            }
        }
    }

    private enum Function
    {
        Exp,
        Tanh,
        Erf,
        Sigmoid,
    }

    private static void Compare(float[] x, float[] y, Func<double, double> reference, string what)
    {
        for (var i = 0; i < x.Length; i++)
        {
            var expected = reference(x[i]);
            if (!(Math.Abs(y[i] - expected) <= 3e-7 * Math.Abs(expected)))
            {
                Assert.Fail($"{what}({x[i]:G9}) = {y[i]:G9}, expected {expected:G9}");
            }
        }
    }

    private static float[] Sweep(float from, float to, int count)
    {
        var x = new float[count];
        for (var i = 0; i < count; i++)
        {
            x[i] = from + (float)((to - (double)from) * i / (count - 1));
        }

        return x;
    }

    private static float[] Map(Function function, int bits, float[] x) => bits switch
    {
        512 => Map<Simd512, Vector512<float>>(function, x),
        256 => Map<Simd256, Vector256<float>>(function, x),
        _ => Map<Simd128, Vector128<float>>(function, x),
    };

    private static unsafe float[] Map<TSimd, TVector>(Function function, float[] x)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var padded = new float[(x.Length + TSimd.Lanes - 1) / TSimd.Lanes * TSimd.Lanes];
        x.CopyTo(padded, 0);
        fixed (float* p = padded)
        {
            for (var i = 0; i < padded.Length; i += TSimd.Lanes)
            {
                var v = TSimd.Load(p + i);
                v = function switch
                {
                    Function.Exp => VectorMath.Exp<TSimd, TVector>(v),
                    Function.Tanh => VectorMath.Tanh<TSimd, TVector>(v),
                    Function.Erf => VectorMath.Erf<TSimd, TVector>(v),
                    _ => VectorMath.Sigmoid<TSimd, TVector>(v),
                };
                TSimd.Store(v, p + i);
            }
        }

        return padded[..x.Length];
    }
}
