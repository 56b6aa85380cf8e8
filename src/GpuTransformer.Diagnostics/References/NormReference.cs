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

    /// <summary>How far each element of <see cref="Groups"/> may be off. The difference to the mean is rounded as the values
    /// are: where they lie far from it, measured in deviations, that is what counts (a group of two elements that nearly
    /// agree). An activation has a slope of at most 1.13.</summary>
    public static double[] GroupsAllowed(
        float[] x, float[] weight, int images, int spatial, int channels, int groups, double epsilon)
    {
        var allowed = new double[x.Length];
        foreach (var places in GroupPlaces(images, spatial, channels, groups))
        {
            var (mean, deviation) = Moments(x, places, epsilon);
            var largest = places.Max(p => Math.Abs((double)x[p])) / deviation;
            foreach (var p in places)
            {
                // Two roundings of each value, and as many of the mean and the deviation; 3e-6 for the rest.
                allowed[p] = 3e-6 + (1 + Math.Abs(weight[p % channels])) * (3e-6 * (1 + Math.Abs(x[p] - mean) / deviation) + largest * 4 * 6e-8);
            }
        }

        return allowed;
    }

    /// <summary>Groups of channels of x [images, spatial, channels], each over all its pixels and channels.</summary>
    public static double[] Groups(
        float[] x, float[] weight, float[] bias, int images, int spatial, int channels, int groups, double epsilon,
        ActivationKind activation)
    {
        var y = new double[x.Length];
        foreach (var places in GroupPlaces(images, spatial, channels, groups))
        {
            var (mean, deviation) = Moments(x, places, epsilon);
            foreach (var p in places)
            {
                y[p] = ReferenceActivation.Apply((x[p] - mean) / deviation * weight[p % channels] + bias[p % channels], activation);
            }
        }

        return y;
    }

    /// <summary>Where the elements of each group are.</summary>
    private static IEnumerable<int[]> GroupPlaces(int images, int spatial, int channels, int groups)
    {
        var width = channels / groups;
        for (var g = 0; g < images * groups; g++)
        {
            var (image, first) = (g / groups, g % groups * width);
            yield return [.. Enumerable.Range(0, spatial * width).Select(i => (image * spatial + i / width) * channels + first + i % width)];
        }
    }

    private static (double Mean, double Deviation) Moments(float[] x, int[] places, double epsilon)
    {
        var mean = places.Average(p => (double)x[p]);
        return (mean, Math.Sqrt(places.Average(p => (x[p] - mean) * (x[p] - mean)) + epsilon));
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
