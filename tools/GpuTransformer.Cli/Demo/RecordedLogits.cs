namespace GpuTransformer.Cli.Demo;

/// <summary>Compares logits with recorded ones: of PyTorch, or of a float64 reference.</summary>
internal sealed class RecordedLogits
{
    /// <summary>Both sides accumulate in float32, in different orders: 2e-5 of the largest value, as for every model.</summary>
    private const double Tolerance = 2e-5;

    /// <summary>Largest difference so far, over the largest recorded absolute value of its comparison.</summary>
    public double LargestRelativeDifference { get; private set; }

    /// <summary>Whether every comparison stayed within the tolerance.</summary>
    public bool Equal { get; private set; } = true;

    /// <param name="expected">Recorded values.</param>
    /// <param name="actual">Ours.</param>
    /// <param name="rounding">Half of the last recorded digit.</param>
    public void Compare(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double rounding)
    {
        if (expected.Length != actual.Length)
        {
            Equal = false;
            return;
        }

        double largest = 0, difference = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            var d = Math.Abs((double)expected[i] - actual[i]);
            difference = double.IsNaN(d) ? double.PositiveInfinity : Math.Max(difference, d);
        }

        LargestRelativeDifference = Math.Max(LargestRelativeDifference, largest == 0 ? difference : difference / largest);
        Equal &= difference <= Tolerance * largest + rounding;
    }
}
