namespace GpuTransformer.Kernels;

/// <summary>The position table of Vaswani et al. 2017 (arXiv:1706.03762), section 3.5.</summary>
public static class SinusoidalTable
{
    /// <summary>table[p, 2i] = sin(p / 10000^(2i / width)) and table[p, 2i + 1] = cos of the same, computed in float64;
    /// an odd width ends with a sine.</summary>
    /// <param name="positions">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <returns>[positions * width] values, row-major.</returns>
    /// <exception cref="ShapeException">A size is below 1, or the table beyond 2^31-1 elements.</exception>
    public static float[] Create(int positions, int width)
    {
        ShapeCheck.AtLeast("SinusoidalTable", "positions", positions, 1);
        ShapeCheck.AtLeast("SinusoidalTable", "width", width, 1);
        ShapeCheck.AtMostIntMax("SinusoidalTable", "the table", (long)positions * width);
        var table = new float[positions * width];
        for (var column = 0; column < width; column++)
        {
            var frequency = Math.Pow(10000, -(double)(column & ~1) / width);
            for (var position = 0; position < positions; position++)
            {
                var angle = position * frequency;
                table[position * width + column] = (float)((column & 1) == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }

        return table;
    }
}
