namespace GpuTransformer.Kernels;

/// <summary>Angles of rotary position embeddings (Su et al. 2021, arXiv:2104.09864): row p holds cos(p · f[d]) for each
/// frequency and then sin(p · f[d]).</summary>
/// <remarks>Frequencies and angles are rounded to float32, as PyTorch code rounds them; the functions themselves are
/// computed in float64.</remarks>
public static class RotaryTable
{
    /// <summary>theta^(-2d / dim) for d below dim / 2.</summary>
    /// <exception cref="ShapeException">dim is odd or below 2, or theta is not above 0.</exception>
    public static float[] Frequencies(int dim, double theta = 10000)
    {
        ShapeCheck.AtLeast("RotaryTable", "dim", dim, 2);
        if ((dim & 1) != 0 || !(theta > 0) || !double.IsFinite(theta))
        {
            throw new ShapeException($"RotaryTable: dim must be even and theta above 0, found {dim} and {theta}.");
        }

        var frequencies = new float[dim / 2];
        for (var d = 0; d < frequencies.Length; d++)
        {
            frequencies[d] = 1f / (float)Math.Pow(theta, 2f * d / dim);
        }

        return frequencies;
    }

    /// <summary>The angles of one position.</summary>
    /// <param name="position">Position.</param>
    /// <param name="frequencies">Radians a position.</param>
    /// <param name="row">Receives the cosines, then the sines; twice as long as the frequencies.</param>
    /// <param name="scale">Factor on both (YaRN's attention factor), else 1.</param>
    /// <exception cref="ShapeException">The row is not twice as long as the frequencies.</exception>
    public static void Fill(int position, ReadOnlySpan<float> frequencies, Span<float> row, float scale = 1f)
    {
        if (row.Length != 2 * frequencies.Length)
        {
            throw new ShapeException($"RotaryTable: a row must have {2 * frequencies.Length} elements, found {row.Length}.");
        }

        for (var d = 0; d < frequencies.Length; d++)
        {
            var (sin, cos) = Math.SinCos(position * frequencies[d]);
            row[d] = (float)cos * scale;
            row[frequencies.Length + d] = (float)sin * scale;
        }
    }

    /// <summary>The angles of positions 0 on, [positions, 2 · frequencies].</summary>
    /// <exception cref="ShapeException">A size is below 1, or the table beyond 2^31-1 elements.</exception>
    public static float[] Create(int positions, ReadOnlySpan<float> frequencies)
    {
        ShapeCheck.AtLeast("RotaryTable", "positions", positions, 1);
        ShapeCheck.AtLeast("RotaryTable", "frequencies", frequencies.Length, 1);
        var width = 2 * frequencies.Length;
        ShapeCheck.AtMostIntMax("RotaryTable", "the table", (long)positions * width);
        var table = new float[positions * width];
        for (var p = 0; p < positions; p++)
        {
            Fill(p, frequencies, table.AsSpan(p * width, width));
        }

        return table;
    }
}
