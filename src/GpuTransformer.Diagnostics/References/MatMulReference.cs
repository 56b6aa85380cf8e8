using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>A matmul's sums in float64 and how far float32 may be from them.</summary>
internal static class MatMulReference
{
    /// <summary>An activation passes an error on with a slope of at most 1.13 (GELU's largest).</summary>
    private const double LargestSlope = 1.13;

    /// <summary>Σ x[k] · weight[first + k · step], and the sum of the products' magnitudes.</summary>
    public static (double Sum, double Magnitude) Sum(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, int first, int step)
    {
        var (sum, magnitude) = (0.0, 0.0);
        var index = first;
        foreach (var value in x)
        {
            var product = (double)value * weight[index];
            sum += product;
            magnitude += Math.Abs(product);
            index += step;
        }

        return (sum, magnitude);
    }

    /// <summary>Σ x[k] · weight[k].</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<float> weight)
    {
        var sum = 0.0;
        for (var k = 0; k < x.Length; k++)
        {
            sum += x[k] * weight[k];
        }

        return sum;
    }

    /// <summary>activation(scale · sum) and its allowance: k + 4 roundings of the sum of magnitudes, passed on by the
    /// activation, and 4e-7 of the value.</summary>
    public static (double Value, double Allowed) Plain(
        (double Sum, double Magnitude) sum, int k, double scale, ActivationKind activation)
    {
        var value = ReferenceActivation.Apply(sum.Sum * scale, activation);
        return (value, LargestSlope * Rounding(k, sum.Magnitude, scale) + 4e-7 * Math.Abs(value) + 1e-30);
    }

    /// <summary>activation(scale · sum + bias) · gate + residual and its allowance: as <see cref="Plain"/>, the sum's part
    /// passed on by the gate, and 4e-7 of the parts around it.</summary>
    public static (double Value, double Allowed) Full(
        (double Sum, double Magnitude) sum, int k, double scale, ActivationKind activation,
        double bias, double gate, double residual)
    {
        var value = sum.Sum * scale + bias;
        var gated = ReferenceActivation.Apply(value, activation) * gate;
        var around = Math.Abs(value * gate) + Math.Abs(gated) + Math.Abs(residual);
        return (gated + residual, LargestSlope * Rounding(k, sum.Magnitude, scale) * Math.Abs(gate) + 4e-7 * around);
    }

    private static double Rounding(int k, double magnitude, double scale) =>
        (k + 4) * Math.Pow(2, -24) * magnitude * Math.Abs(scale);
}
