using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>The activations in float64.</summary>
internal static class ReferenceActivation
{
    public static double Apply(double x, ActivationKind kind) => kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => double.IsNaN(x) ? x : Math.Max(0, x),
        ActivationKind.GeluErf => 0.5 * x * Erfc(-x / Math.Sqrt(2)),
        ActivationKind.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        ActivationKind.GeluQuick => x * Sigmoid(1.702 * x),
        ActivationKind.Silu => x * Sigmoid(x),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.Sigmoid => Sigmoid(x),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>cap · tanh(x / cap).</summary>
    public static double SoftCap(double x, double cap) => cap * Math.Tanh(x / cap);

    /// <summary>erf by its Maclaurin series below 3 and a continued fraction of erfc above, to about 1e-15.</summary>
    public static double Erf(double x) => x < 0 ? -Erf(-x) : x < 3 ? Series(x) : 1 - Fraction(x);

    public static double Erfc(double x) => x < 3 ? 1 - Erf(x) : Fraction(x);

    private static double Series(double x)
    {
        var (sum, term) = (x, x);
        for (var n = 1; n < 200 && Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double Fraction(double x)
    {
        var tail = 0.0;
        for (var k = 60; k >= 1; k--)
        {
            tail = k / 2.0 / (x + tail);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + tail);
    }
}
