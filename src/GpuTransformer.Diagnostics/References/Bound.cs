namespace GpuTransformer.Diagnostics.References;

/// <summary>How far a result may be from its float64 reference: |found - expected| ≤ Absolute + Relative · |expected|.</summary>
internal readonly record struct Bound(double Absolute, double Relative)
{
    /// <summary>The reference itself, rounded to nothing: copies and single additions.</summary>
    public static Bound Exact { get; }

    public double At(double expected) => Absolute + Relative * Math.Abs(expected);
}
