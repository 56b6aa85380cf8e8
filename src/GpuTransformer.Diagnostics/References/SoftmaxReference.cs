namespace GpuTransformer.Diagnostics.References;

/// <summary>Softmax in float64.</summary>
internal static class SoftmaxReference
{
    /// <summary>softmax of one row in place of <paramref name="scores"/>; no columns or only -infinity: zeros.</summary>
    public static void Row(Span<double> scores)
    {
        var max = double.NegativeInfinity;
        foreach (var score in scores)
        {
            max = score > max ? score : max;
        }

        var sum = 0.0;
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = double.IsNegativeInfinity(scores[i]) ? 0 : Math.Exp(scores[i] - max);
            sum += scores[i];
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = sum == 0 ? 0 : scores[i] / sum;
        }
    }

    /// <summary>y[r] = softmax(scale · x[r] + mask[r / rowsPerMask]) over the row's interval, 0 outside.</summary>
    public static double[] Compute(
        float[] x, int rows, int width, float scale,
        int[]? intervals = null, int rowsPerInterval = 1, float[]? mask = null, int rowsPerMask = 1)
    {
        var y = new double[rows * width];
        for (var r = 0; r < rows; r++)
        {
            var begin = intervals is null ? 0 : Math.Clamp(intervals[2 * (r / rowsPerInterval)], 0, width);
            var end = intervals is null ? width : Math.Clamp(intervals[2 * (r / rowsPerInterval) + 1], begin, width);
            for (var i = begin; i < end; i++)
            {
                y[r * width + i] = (double)x[r * width + i] * scale + (mask is null ? 0 : mask[r / rowsPerMask * width + i]);
            }

            Row(y.AsSpan(r * width + begin, end - begin));
        }

        return y;
    }
}
