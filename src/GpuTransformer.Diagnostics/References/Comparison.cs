namespace GpuTransformer.Diagnostics.References;

/// <summary>An element that is not what it should be.</summary>
internal readonly record struct WrongElement(int Index, double Expected, float Found, double Allowed)
{
    public override string ToString() =>
        $"element {Index} is {Found:G9}, expected {Expected:G9} (difference {Found - Expected:G3}, allowed {Allowed:G3})";
}

/// <summary>An output beside its float64 reference; NaN and infinities must match exactly. Where the allowance is infinite
/// (an element whose reference was not computed) anything but NaN will do.</summary>
internal sealed class Comparison
{
    /// <summary>The largest |found - expected|; infinite where one is finite and the other is not.</summary>
    public double LargestError { get; private set; }

    /// <summary>The largest error as a share of what its element was allowed; at most 1 where all is well.</summary>
    public double LargestShare { get; private set; }

    public WrongElement? First { get; private set; }

    public static Comparison Close(ReadOnlySpan<double> expected, ReadOnlySpan<float> found, Bound bound)
    {
        var comparison = new Comparison();
        for (var i = 0; i < expected.Length; i++)
        {
            comparison.Add(i, expected[i], found[i], bound.At(expected[i]));
        }

        return comparison;
    }

    public static Comparison Within(ReadOnlySpan<double> expected, ReadOnlySpan<double> allowed, ReadOnlySpan<float> found)
    {
        var comparison = new Comparison();
        for (var i = 0; i < expected.Length; i++)
        {
            comparison.Add(i, expected[i], found[i], allowed[i]);
        }

        return comparison;
    }

    /// <summary>The first element whose bits differ; null: the same numbers to the last bit.</summary>
    public static int? DifferentBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(found[i]))
            {
                return i;
            }
        }

        return null;
    }

    private void Add(int index, double expected, float found, double allowed)
    {
        var error = double.IsFinite(expected) && float.IsFinite(found) ? Math.Abs(found - expected)
            : expected.Equals((double)found) || (double.IsInfinity(allowed) && !float.IsNaN(found)) ? 0
            : double.PositiveInfinity;
        if (error == 0)
        {
            return;
        }

        if (double.IsInfinity(allowed) && !double.IsInfinity(error))
        {
            return;
        }

        LargestError = Math.Max(LargestError, error);
        LargestShare = Math.Max(LargestShare, error / allowed);
        if (!(error <= allowed) || double.IsInfinity(error))
        {
            First ??= new WrongElement(index, expected, found, allowed);
        }
    }
}
