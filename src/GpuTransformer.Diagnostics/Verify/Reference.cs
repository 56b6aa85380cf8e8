using GpuTransformer.Diagnostics.References;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>What an output should hold, row after row of the units in use, and how far it may be from it.</summary>
internal sealed class Reference
{
    private readonly double[] _expected;
    private readonly double[]? _allowed;
    private readonly Bound _bound;

    private Reference(double[] expected, double[]? allowed, Bound bound)
    {
        _expected = expected;
        _allowed = allowed;
        _bound = bound;
    }

    public static Reference Close(double[] expected, Bound bound) => new(expected, null, bound);

    public static Reference Within(double[] expected, double[] allowed) => new(expected, allowed, default);

    public static Reference Exactly(float[] expected) => new([.. expected.Select(v => (double)v)], null, Bound.Exact);

    /// <summary>What lies past the units in use must not have been written.</summary>
    public Comparison Compare(float[] found)
    {
        var expected = Extended(_expected, found.Length, double.NaN);
        return _allowed is null
            ? Comparison.Close(expected, found, _bound)
            : Comparison.Within(expected, Extended(_allowed, found.Length, 0), found);
    }

    private static double[] Extended(double[] values, int length, double rest)
    {
        if (values.Length == length)
        {
            return values;
        }

        var extended = new double[length];
        values.CopyTo(extended, 0);
        extended.AsSpan(values.Length).Fill(rest);
        return extended;
    }
}
