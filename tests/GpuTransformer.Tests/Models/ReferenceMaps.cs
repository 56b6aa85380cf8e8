namespace GpuTransformer.Tests.Models;

/// <summary>An image of features in float64, planes one after another.</summary>
internal sealed record ReferenceMap(double[] Data, int Channels, int Height, int Width)
{
    public double this[int c, int y, int x] => Data[(c * Height + y) * Width + x];

    public ReferenceMap Map(Func<double, double> f) => this with { Data = [.. Data.Select(f)] };

    public static ReferenceMap operator +(ReferenceMap a, ReferenceMap b) => a with { Data = [.. a.Data.Zip(b.Data, (p, q) => p + q)] };

    /// <summary>Rows of (line, column).</summary>
    public double[][] Rows() =>
        [.. Enumerable.Range(0, Height * Width).Select(p => Enumerable.Range(0, Channels).Select(c => Data[c * Height * Width + p]).ToArray())];

    /// <summary>A map of what a function says for each channel, line and column.</summary>
    public static ReferenceMap Of(int channels, int height, int width, Func<int, int, int, double> value)
    {
        var data = new double[channels * height * width];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = value(i / (height * width), i / width % height, i % width);
        }

        return new ReferenceMap(data, channels, height, width);
    }
}

/// <summary>Operations on images in float64, by their definitions.</summary>
internal sealed class ReferenceImages(ReferenceWeights weights)
{
    public ReferenceMap Convolution(
        string name, ReferenceMap x, int outputs, int kernel, int stride = 1, int padding = 0, int dilation = 1, bool bias = false)
    {
        var w = weights[$"{name}.weight", null, outputs, x.Channels, kernel, kernel];
        var b = bias ? weights[$"{name}.bias", 0, outputs] : new double[outputs];
        int Size(int size) => (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
        return ReferenceMap.Of(outputs, Size(x.Height), Size(x.Width), (o, oy, ox) =>
        {
            var sum = b[o];
            for (var ky = 0; ky < kernel; ky++)
            {
                for (var kx = 0; kx < kernel; kx++)
                {
                    var (y, column) = (oy * stride - padding + ky * dilation, ox * stride - padding + kx * dilation);
                    for (var c = 0; y >= 0 && y < x.Height && column >= 0 && column < x.Width && c < x.Channels; c++)
                    {
                        sum += x[c, y, column] * w[((o * x.Channels + c) * kernel + ky) * kernel + kx];
                    }
                }
            }

            return sum;
        });
    }

    public ReferenceMap BatchNorm(string name, ReferenceMap x)
    {
        var (w, b) = (weights[$"{name}.weight", 1, x.Channels], weights[$"{name}.bias", 0, x.Channels]);
        var (mean, variance) = (weights[$"{name}.running_mean", 0, x.Channels], weights[$"{name}.running_var", 1, x.Channels]);
        return ReferenceMap.Of(x.Channels, x.Height, x.Width, (c, y, column) =>
            (x[c, y, column] - mean[c]) / Math.Sqrt(variance[c] + 1e-5) * w[c] + b[c]);
    }

    public ReferenceMap GroupNorm(string name, ReferenceMap x)
    {
        var (w, b) = (weights[$"{name}.weight", 1, x.Channels], weights[$"{name}.bias", 0, x.Channels]);
        var each = x.Data.Length / Math.Min(8, x.Channels);
        var y = new double[x.Data.Length];
        for (var i = 0; i < y.Length; i++)
        {
            var group = x.Data.AsSpan(i / each * each, each).ToArray();
            var mean = group.Average();
            var deviation = Math.Sqrt(group.Average(v => (v - mean) * (v - mean)) + 1e-5);
            var c = i / (x.Height * x.Width);
            y[i] = (x.Data[i] - mean) / deviation * w[c] + b[c];
        }

        return x with { Data = y };
    }

    public static ReferenceMap MaxPool(ReferenceMap x) =>
        ReferenceMap.Of(x.Channels, (x.Height - 1) / 2 + 1, (x.Width - 1) / 2 + 1, (c, oy, ox) =>
        {
            var best = double.NegativeInfinity;
            for (var i = 0; i < 9; i++)
            {
                var (y, column) = (oy * 2 - 1 + i / 3, ox * 2 - 1 + i % 3);
                best = y >= 0 && y < x.Height && column >= 0 && column < x.Width ? Math.Max(best, x[c, y, column]) : best;
            }

            return best;
        });

    public static ReferenceMap Resize(ReferenceMap x, int height, int width) =>
        ReferenceMap.Of(x.Channels, height, width, (c, y, column) => x[c, y * x.Height / height, column * x.Width / width]);
}
