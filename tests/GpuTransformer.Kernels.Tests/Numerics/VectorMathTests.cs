using System.Runtime.Intrinsics;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The SIMD functions at every width that this processor has, against float64.</summary>
public sealed class VectorMathTests
{
    public static TheoryData<int> Widths
    {
        get
        {
            var widths = new TheoryData<int>();
            foreach (var bits in new[] { 128, 256, 512 })
            {
                if (bits <= DeviceTraits.WidestSimd)
                {
                    widths.Add(bits);
                }
            }

            return widths;
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Exp_IsWithinTwoUlp(int bits)
    {
        var x = Sweep(-103.9f, 88.7f, 200_003);
        var y = Map(Function.Exp, bits, x);
        for (var i = 0; i < x.Length; i++)
        {
            // An ulp of the result; 2^-149 where it is denormal.
            var expected = Math.Exp(x[i]);
            var ulp = Math.Max(MathF.BitIncrement((float)expected) - (double)(float)expected, Math.Pow(2, -149));
            Assert.True(Math.Abs(y[i] - expected) <= 2 * ulp, $"exp({x[i]:G9}) = {y[i]:G9}, expected {expected:G9}");
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void TanhErfSigmoid_AreWithin3e7(int bits)
    {
        var x = Sweep(-20f, 20f, 100_003).Concat(Sweep(-1e-3f, 1e-3f, 1001)).ToArray();
        Compare(x, Map(Function.Tanh, bits, x), Math.Tanh, "tanh");
        Compare(x, Map(Function.Erf, bits, x), DoubleErf, "erf");
        Compare(x, Map(Function.Sigmoid, bits, x), v => 1 / (1 + Math.Exp(-v)), "sigmoid");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Extremes_AreExact(int bits)
    {
        float[] x = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, 1e30f, -1e30f, float.Epsilon];
        Assert.Equal([float.NaN, float.PositiveInfinity, 0f, 1f, 1f, float.PositiveInfinity, 0f, 1f], Map(Function.Exp, bits, x));
        Assert.Equal([float.NaN, 1f, -1f, 0f, -0f, 1f, -1f, float.Epsilon], Map(Function.Tanh, bits, x));
        Assert.Equal([float.NaN, 1f, -1f, 0f, -0f, 1f, -1f, float.Epsilon], Map(Function.Erf, bits, x));
        Assert.Equal([float.NaN, 1f, 0f, 0.5f, 0.5f, 1f, 0f, 0.5f], Map(Function.Sigmoid, bits, x));
    }

    [Theory]
    [MemberData(nameof(Widths))]
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
            Assert.True(
                Math.Abs(y[i] - expected) <= 3e-7 * Math.Abs(expected), $"{what}({x[i]:G9}) = {y[i]:G9}, expected {expected:G9}");
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

    /// <summary>erf by its Maclaurin series below 3 and the continued fraction of erfc above (Abramowitz and Stegun
    /// 7.1.5 and 7.1.14), to about 1e-13.</summary>
    private static double DoubleErf(double x)
    {
        var a = Math.Abs(x);
        if (a < 3)
        {
            double term = a, sum = a;
            for (var n = 1; n < 100; n++)
            {
                term *= -a * a / n;
                sum += term / (2 * n + 1);
            }

            return Math.CopySign(sum * 2 / Math.Sqrt(Math.PI), x);
        }

        var fraction = a;
        for (var n = 60; n >= 1; n--)
        {
            fraction = a + n / 2.0 / fraction;
        }

        return Math.CopySign(1 - Math.Exp(-a * a) / Math.Sqrt(Math.PI) / fraction, x);
    }
}
