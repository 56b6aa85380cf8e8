namespace GpuTransformer.Kernels;

/// <summary>The position table of Vaswani et al. 2017 (arXiv:1706.03762), section 3.5: table[p, 2i] = sin(p · f) and
/// table[p, 2i + 1] = cos(p · f) with f = 10000^(-2i / width); an odd width ends with a sine.</summary>
/// <remarks>Frequencies and angles are rounded to float32, as PyTorch code for this table rounds them, the functions
/// themselves are computed in float64: at position 1000 the last bit of a frequency is 6e-5 of the angle.</remarks>
public static class SinusoidalTable
{
    /// <summary>Makes the table.</summary>
    /// <param name="positions">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <returns>[positions * width] values, row-major.</returns>
    /// <exception cref="ShapeException">A size is below 1, or the table beyond 2^31-1 elements.</exception>
    public static float[] Create(int positions, int width)
    {
        Check(positions, width);
        var table = new float[positions * width];
        Fill(table, positions, width);
        return table;
    }

    /// <summary>Fills memory of the host with the table.</summary>
    /// <param name="table">Receives [positions * width] values, row-major; exactly that long.</param>
    /// <param name="positions">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ShapeException">A size is below 1, or the span is not of the table's size.</exception>
    public static void Fill(Span<float> table, int positions, int width)
    {
        Check(positions, width);
        if (table.Length != positions * width)
        {
            throw new ShapeException(
                $"SinusoidalTable: a table of {positions} x {width} needs {positions * width} elements, found {table.Length}.");
        }

        var step = (float)(-Math.Log(10000) / width);
        for (var column = 0; column < width; column++)
        {
            var frequency = (float)Math.Exp((column & ~1) * step);
            for (var position = 0; position < positions; position++)
            {
                var angle = position * frequency;
                table[position * width + column] = (float)((column & 1) == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
    }

    private static void Check(int positions, int width)
    {
        ShapeCheck.AtLeast("SinusoidalTable", "positions", positions, 1);
        ShapeCheck.AtLeast("SinusoidalTable", "width", width, 1);
        ShapeCheck.AtMostIntMax("SinusoidalTable", "the table", (long)positions * width);
    }
}
