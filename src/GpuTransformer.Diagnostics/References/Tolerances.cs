namespace GpuTransformer.Diagnostics.References;

/// <summary>How far each operation may be from float64, and why. 2^-24, half a unit in the last place, is 6e-8.</summary>
internal static class Tolerances
{
    /// <summary>A score of magnitude s is rounded to s · 2^-24, which the exponential turns into a relative error; the
    /// outliers reach about 90. Sums and the polynomial add a few 2^-24.</summary>
    public static Bound Softmax { get; } = new(1e-7, 1e-5);

    /// <summary>Erf and tanh have 3e-7 relative; 1 + erf(x) at negative x keeps that as an absolute error times |x| &lt; 6.</summary>
    public static Bound Activation { get; } = new(1.5e-6, 1e-6);

    /// <summary>The polynomial of tanh, a division and a product.</summary>
    public static Bound SoftCap { get; } = new(0, 6e-7);

    /// <summary>Mean and variance of values to about 30 deviations, then a difference and two products.</summary>
    public static Bound Norm { get; } = new(2e-5, 2e-6);

    /// <summary>One addition.</summary>
    public static Bound NormSum { get; } = new(0, 1e-7);

    /// <summary>A few roundings of values below 100.</summary>
    public static Bound BatchNorm { get; } = new(2e-5, 1e-6);

    /// <summary>Values to about 30 deviations, each a difference, a product and a sum; a mean of 100 costs 7 bits more.</summary>
    public static Bound GroupNorm(double mean = 0) => new(3e-6 * (1 + mean), 3e-6 * (1 + mean));

    /// <summary>Two products of values up to about 100 and one sum: three roundings; the norm adds a sum of squares and a
    /// root.</summary>
    public static Bound Rotary { get; } = new(2e-5, 1e-6);

    /// <summary>Three values of up to about 250 each rounded once, and their sums.</summary>
    public static Bound Embedding { get; } = new(3e-5, 0);

    /// <summary>Scores of normal data are below about 10, so a weight is off by some 10 · 2^-22; values reach 90.</summary>
    public static Bound Attention { get; } = new(3e-5, 1e-5);

    /// <summary>Scores of normal data are below about 10 and rounded to 2^-20; the logarithm is as far off.</summary>
    public static Bound LogSumExp { get; } = new(1e-5, 2e-6);

    /// <summary>Scores of normal data are below about 10, so a weight of at most 1 is off by some 10 · 2^-22.</summary>
    public static Bound AttentionMap { get; } = new(5e-6, 1e-5);

    /// <summary>Scores are sums of hyperbolic tangents, each off by a few 2^-24; values reach 90.</summary>
    public static Bound AdditiveAttention { get; } = new(3e-5, 1e-5);

    /// <summary>A score of up to about 60 is off by 60 · 6e-8 · 8, which is the relative error of its power.</summary>
    public static Bound SpatialAttention { get; } = new(1e-7, 3e-5);
}
