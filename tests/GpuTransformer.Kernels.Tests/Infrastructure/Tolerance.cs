using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Compares with a float64 reference; NaN and infinities must match exactly.</summary>
public static class Tolerance
{
    /// <summary>|actual - expected| ≤ absolute + relative · |expected| for each element.</summary>
    public static void Close(double[] expected, float[] actual, double absolute, double relative, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var e = expected[i];
            var a = (double)actual[i];
            var same = double.IsFinite(e) ? double.IsFinite(a) && Math.Abs(a - e) <= absolute + relative * Math.Abs(e)
                : e.Equals(a);
            Assert.True(same, $"{what}: element {i} is {a:G9}, expected {e:G9} (difference {a - e:G3})");
        }
    }
}
