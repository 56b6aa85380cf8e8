using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Compares with a float64 reference; NaN and infinities must match exactly. Messages are made only on failure:
/// a formatted string an element would be most of a test's time.</summary>
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
            if (!same)
            {
                Assert.Fail($"{what}: element {i} is {a:G9}, expected {e:G9} (difference {a - e:G3})");
            }
        }
    }

    /// <summary>|actual - expected| ≤ allowed, element by element.</summary>
    public static void Within(double[] expected, double[] allowed, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var e = expected[i];
            var a = (double)actual[i];
            var same = double.IsFinite(e) ? double.IsFinite(a) && Math.Abs(a - e) <= allowed[i] : e.Equals(a);
            if (!same)
            {
                Assert.Fail(
                    $"{what}: element {i} is {a:G9}, expected {e:G9} (difference {a - e:G3}, allowed {allowed[i]:G3})");
            }
        }
    }

    /// <summary>The same numbers to the last bit.</summary>
    public static void SameBits(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail($"{what}: element {i} is {actual[i]:G9}, expected the bits of {expected[i]:G9}");
            }
        }
    }
}
