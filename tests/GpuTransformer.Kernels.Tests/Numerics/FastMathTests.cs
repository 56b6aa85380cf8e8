using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The scalar polynomials of kernels against float64, over the whole range of float32.</summary>
public sealed class FastMathTests
{
    /// <summary>Every 4999th float32 of both signs: 850 thousand values, denormals and the largest included.</summary>
    private const uint Step = 4999;

    private const double Denormal = 1.4e-45;

    [Fact]
    public void ExpIsWithinTwoUlp() => Each("exp", FastMath.Exp, Math.Exp, (x, exact) =>
    {
        // An ulp of the result; below the normal range it is the smallest denormal, above it anything up to infinity.
        var ulp = Math.Max(Denormal, Math.Pow(2, Math.Floor(Math.Log2(exact)) - 23));
        return exact > float.MaxValue ? double.PositiveInfinity : 2 * ulp;
    });

    [Fact]
    public void TanhIsWithinItsRelativeError() => Each("tanh", FastMath.Tanh, Math.Tanh, Relative);

    [Fact]
    public void ErfIsWithinItsRelativeError() => Each("erf", FastMath.Erf, ReferenceActivation.Erf, Relative);

    [Fact]
    public void SigmoidIsWithinItsError() => Each(
        "sigmoid", FastMath.Sigmoid, ReferenceActivation.Sigmoid, (x, exact) => x >= -88 ? Relative(x, exact) : 1e-38);

    [Theory]
    [InlineData(float.NaN, float.NaN, float.NaN, float.NaN, float.NaN)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, 1f, 1f, 1f)]
    [InlineData(float.NegativeInfinity, 0f, -1f, -1f, 0f)]
    [InlineData(float.MaxValue, float.PositiveInfinity, 1f, 1f, 1f)]
    [InlineData(float.MinValue, 0f, -1f, -1f, 0f)]
    [InlineData(88.8f, float.PositiveInfinity, 1f, 1f, 1f)]
    [InlineData(-104f, 0f, -1f, -1f, 0f)]
    [InlineData(0f, 1f, 0f, 0f, 0.5f)]
    public void SpecialValues(float x, float exp, float tanh, float erf, float sigmoid)
    {
        Assert.Equal(exp, FastMath.Exp(x));
        Assert.Equal(tanh, FastMath.Tanh(x));
        Assert.Equal(erf, FastMath.Erf(x));
        Assert.Equal(sigmoid, FastMath.Sigmoid(x));
    }

    [Fact]
    public void OddFunctionsKeepTheSignOfZero()
    {
        Assert.True(float.IsNegative(FastMath.Tanh(-0f)));
        Assert.True(float.IsNegative(FastMath.Erf(-0f)));
        Assert.False(float.IsNegative(FastMath.Tanh(0f)));
    }

    private static double Relative(float x, double exact) => 3e-7 * Math.Abs(exact) + Denormal;

    private static void Each(
        string name, Func<float, float> function, Func<double, double> reference, Func<float, double, double> allowed)
    {
        for (var bits = 0u; bits < 0x7F800000u; bits += Step)
        {
            for (var sign = 0u; sign < 2; sign++)
            {
                var x = BitConverter.UInt32BitsToSingle(bits | (sign << 31));
                var exact = reference(x);
                var value = function(x);
                if (!(Math.Abs(value - exact) <= allowed(x, exact)) && value != exact)
                {
                    Assert.Fail($"{name}({x:G9}) is {value:G9}, exactly {exact:G12}");
                }
            }
        }
    }
}
