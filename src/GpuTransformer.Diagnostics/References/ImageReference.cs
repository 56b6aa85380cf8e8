using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>Pooling, resizing and putting tokens before patches, element by element.</summary>
internal static class ImageReference
{
    /// <summary>The largest value under a square kernel, x [images, height, width, channels]; NaN where one is seen.</summary>
    public static double[] MaxPool(
        float[] x, int images, int height, int width, int channels, int kernel, int stride, int padding)
    {
        var (outHeight, outWidth) = (
            ConvolutionGeometry.OutputSize(height, kernel, stride, padding), ConvolutionGeometry.OutputSize(width, kernel, stride, padding));
        var expected = new double[images * outHeight * outWidth * channels];
        for (var i = 0; i < expected.Length; i++)
        {
            var (row, channel) = (i / channels, i % channels);
            var (image, oy, ox) = (row / (outHeight * outWidth), row / outWidth % outHeight, row % outWidth);
            var seen =
                from line in Enumerable.Range(oy * stride - padding, kernel)
                from column in Enumerable.Range(ox * stride - padding, kernel)
                where line >= 0 && line < height && column >= 0 && column < width
                select (double)x[((image * height + line) * width + column) * channels + channel];
            expected[i] = seen.Aggregate(double.NegativeInfinity, Math.Max);
        }

        return expected;
    }

    /// <summary>The nearest pixel of x [maps, height, width, channels], plus added [maps / repeat, outHeight, outWidth, channels].</summary>
    public static double[] Upsample(
        float[] x, float[]? added, int maps, int height, int width, int outHeight, int outWidth, int channels, int repeat)
    {
        var spatial = outHeight * outWidth;
        var expected = new double[maps * spatial * channels];
        for (var i = 0; i < expected.Length; i++)
        {
            var (row, channel) = (i / channels, i % channels);
            var (map, oy, ox) = (row / spatial, row / outWidth % outHeight, row % outWidth);
            var source = (map * height + oy * height / outHeight) * width + ox * width / outWidth;
            var value = x[source * channels + channel];
            expected[i] = added is null ? value : value + added[(map / repeat * spatial + row % spatial) * channels + channel];
        }

        return expected;
    }

    /// <summary>Prefix tokens before each image's patches, with positions added.</summary>
    public static double[] Tokens(
        float[] patches, float[] tokens, float[] positions, int images, int patchCount, int prefixCount, int width)
    {
        var length = prefixCount + patchCount;
        var expected = new double[images * length * width];
        for (var i = 0; i < expected.Length; i++)
        {
            var (row, column) = (i / width, i % width);
            var (image, token) = (row / length, row % length);
            var value = token < prefixCount
                ? tokens[token * width + column]
                : patches[(image * patchCount + token - prefixCount) * width + column];
            expected[i] = value + positions[token * width + column];
        }

        return expected;
    }
}
