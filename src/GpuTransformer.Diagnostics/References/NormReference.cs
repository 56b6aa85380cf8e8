using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>LayerNorm, RMSNorm, BatchNorm and GroupNorm in float64.</summary>
internal static class NormReference
{
    /// <summary>s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias; RMSNorm takes mean = 0.</summary>
    public static (double[] Y, double[] Sum) Rows(
        bool subtractsMean, float[] x, float[]? residual, float[] weight, float[]? bias,
        int rows, int width, double epsilon, double weightShift = 0)
    {
        var y = new double[rows * width];
        var sums = new double[rows * width];
        for (var r = 0; r < rows; r++)
        {
            var s = sums.AsSpan(r * width, width);
            for (var i = 0; i < width; i++)
            {
                s[i] = (double)x[r * width + i] + (residual is null ? 0 : residual[r * width + i]);
            }

            var mean = subtractsMean ? Mean(s) : 0;
            var squares = 0.0;
            foreach (var value in s)
            {
                squares += (value - mean) * (value - mean);
            }

            var inverse = 1 / Math.Sqrt(squares / width + epsilon);
            for (var i = 0; i < width; i++)
            {
                y[r * width + i] = (s[i] - mean) * inverse * (weight[i] + weightShift) + (bias is null ? 0 : bias[i]);
            }
        }

        return (y, sums);
    }

    /// <summary>(x - mean) / √(variance + eps) · weight + bias [+ residual], then ReLU where asked for.</summary>
    public static double[] Batch(
        float[] x, float[] weight, float[] bias, float[] mean, float[] variance, float[]? residual,
        int batch, int channels, int spatial, double epsilon, bool relu)
    {
        var y = new double[batch * channels * spatial];
        for (var i = 0; i < y.Length; i++)
        {
            var c = i / spatial % channels;
            y[i] = (x[i] - (double)mean[c]) / Math.Sqrt(variance[c] + epsilon) * weight[c] + bias[c]
                + (residual is null ? 0 : residual[i]);
            y[i] = relu ? Math.Max(0, y[i]) : y[i];
        }

        return y;
    }

    /// <summary>Groups of channels of x [images, spatial, channels], each over all its pixels and channels.</summary>
    public static double[] Groups(
        float[] x, float[] weight, float[] bias, int images, int spatial, int channels, int groups, double epsilon,
        ActivationKind activation)
    {
        var width = channels / groups;
        var y = new double[x.Length];
        for (var g = 0; g < images * groups; g++)
        {
            var places = Enumerable.Range(0, spatial * width)
                .Select(i => (g / groups * spatial + i / width) * channels + g % groups * width + i % width).ToArray();
            var mean = places.Average(p => (double)x[p]);
            var deviation = Math.Sqrt(places.Average(p => (x[p] - mean) * (x[p] - mean)) + epsilon);
            foreach (var p in places)
            {
                y[p] = ReferenceActivation.Apply((x[p] - mean) / deviation * weight[p % channels] + bias[p % channels], activation);
            }
        }

        return y;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }
}
