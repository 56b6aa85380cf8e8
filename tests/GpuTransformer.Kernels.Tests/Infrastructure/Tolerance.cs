using System.Diagnostics.CodeAnalysis;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Asserts what <see cref="Comparison"/> finds. Messages are made only on failure: a formatted string an element
/// would be most of a test's time.</summary>
public static class Tolerance
{
    /// <summary>|actual - expected| ≤ absolute + relative · |expected| for each element.</summary>
    public static void Close(double[] expected, float[] actual, double absolute, double relative, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        Accept(Comparison.Close(expected, actual, new Bound(absolute, relative)), what);
    }

    /// <summary>|actual - expected| ≤ allowed, element by element.</summary>
    public static void Within(double[] expected, double[] allowed, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        Accept(Comparison.Within(expected, allowed, actual), what);
    }

    /// <summary>The same numbers to the last bit.</summary>
    public static void SameBits(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        if (Comparison.DifferentBits(expected, actual) is { } i)
        {
            Assert.Fail($"{what}: element {i} is {actual[i]:G9}, expected the bits of {expected[i]:G9}");
        }
    }

    /// <summary>The values of an output whose guards are whole.</summary>
    internal static float[] Read([NotNull] this GuardedOutput? output)
    {
        Assert.NotNull(output);
        var values = output.Read(out var damage);
        Assert.True(damage is null, damage);
        return values;
    }

    internal static void Close(double[] expected, float[] actual, Bound bound, string what) =>
        Close(expected, actual, bound.Absolute, bound.Relative, what);

    private static void Accept(Comparison comparison, string what)
    {
        if (comparison.First is { } wrong)
        {
            Assert.Fail($"{what}: {wrong}");
        }
    }
}
