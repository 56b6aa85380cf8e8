using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Layers;

/// <summary>What vision models store in their own way.</summary>
internal sealed partial class WeightLoader
{
    /// <summary>What torch's BatchNorm2d and its frozen form add to the variance.</summary>
    private const double BatchNormEpsilon = 1e-5;

    private static readonly string[] s_batchNormParts = ["weight", "bias", "running_mean", "running_var"];

    /// <summary>Tokens stored one a tensor, (1, 1, width), as the rows of one table.</summary>
    public EmbeddingWeights StackedTable(string name, int width, params string[] names)
    {
        var table = Own(new EmbeddingWeights(name, names.Length, width));
        var sources = names.Select(each => store.Require(each, 1, 1, width)).ToArray();
        _fill.Add(() => table.Fill(Upload([.. sources.SelectMany(source => source.ReadFloat32())], name)));
        return table;
    }

    /// <summary>Linear layers (width, width) of the same input in one, of which those named in
    /// <paramref name="withoutBias"/> have no bias.</summary>
    public LinearWeights StackPartlyBiased(string name, int width, string[] names, params string[] withoutBias) =>
        Declare(
            name, width,
            [.. names.Select(n => StoredRows.Of(store.Require($"{n}.weight", width, width), 0, width, width))],
            [.. names.Select(n => (withoutBias.Contains(n) ? null : store.Require($"{n}.bias", width), 0, width))]);

    /// <summary>A tensor of this shape as the host reads it, once everything is packed.</summary>
    public Func<float[]> OnHost(string name, params long[] shape)
    {
        var source = store.Require(name, shape);
        float[]? values = null;
        _fill.Add(() => values = source.ReadFloat32());
        return () => values ?? throw new InvalidOperationException($"{name} is not read yet.");
    }

    /// <summary>name.weight (outputs, channels, kernel…) and name.bias (outputs) of a convolution.</summary>
    /// <param name="name">Name in the checkpoint.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="channels">Channels of the image.</param>
    /// <param name="kernel">Lines and columns of the kernel, or columns alone.</param>
    /// <param name="first">The first of the channels that are taken.</param>
    /// <param name="count">Channels that are taken; 0: all.</param>
    /// <param name="bias">Whether the bias is taken.</param>
    public LinearWeights Convolution(
        string name, int outputs, int channels, int[] kernel, int first = 0, int count = 0, bool bias = true)
    {
        var source = store.Require($"{name}.weight", [outputs, channels, .. kernel]);
        var biasSource = store.Require($"{name}.bias", outputs);
        var taps = kernel.Aggregate(1, (a, b) => a * b);
        count = count == 0 ? channels : count;
        return DeclareConvolution(name, outputs, count * taps, () =>
        {
            var stored = source.ReadFloat32();
            var weight = ChannelsLast(stored, outputs, channels, taps, first, count);
            return (weight, bias ? biasSource.ReadFloat32() : null);
        });
    }

    /// <summary>name.weight (outputs, channels, height, width) and name.bias (outputs) of a convolution that cuts planes into
    /// patches: <see cref="ConvolutionGeometry.Patches"/> takes them in this order.</summary>
    public LinearWeights PatchProjection(string name, int outputs, int channels, int height, int width)
    {
        var source = store.Require($"{name}.weight", outputs, channels, height, width);
        var bias = store.Require($"{name}.bias", outputs);
        return DeclareConvolution(
            name, outputs, channels * height * width, () => (source.ReadFloat32(), bias.ReadFloat32()));
    }

    /// <summary>A convolution without bias, (outputs, channels, kernel, kernel), with the batch norm that follows it folded
    /// in: w · weight / √(variance + eps), and bias - mean · weight / √(variance + eps).</summary>
    public LinearWeights NormedConvolution(string name, string norm, int outputs, int channels, int kernel)
    {
        var source = store.Require($"{name}.weight", outputs, channels, kernel, kernel);
        var parts = s_batchNormParts.Select(part => store.Require($"{norm}.{part}", outputs)).ToArray();
        return DeclareConvolution(name, outputs, channels * kernel * kernel, () =>
        {
            var values = parts.Select(part => part.ReadFloat32()).ToArray();
            var (stored, bias) = (source.ReadFloat32(), new float[outputs]);
            for (var o = 0; o < outputs; o++)
            {
                var scale = values[0][o] / Math.Sqrt(values[3][o] + BatchNormEpsilon);
                bias[o] = (float)(values[1][o] - values[2][o] * scale);
                foreach (ref var w in stored.AsSpan(o * channels * kernel * kernel, channels * kernel * kernel))
                {
                    w = (float)(w * scale);
                }
            }

            return (ChannelsLast(stored, outputs, channels, kernel * kernel, 0, channels), bias);
        });
    }

    private LinearWeights DeclareConvolution(string name, int outputs, int inputs, Func<(float[] Weight, float[]? Bias)> read)
    {
        var linear = Own(new LinearWeights(name, inputs, outputs));
        _fill.Add(() =>
        {
            var (weight, bias) = read();
            linear.Fill(
                PackedMatrix.Create(device.Kernels, WeightRows.Of(weight, outputs, inputs, name: name)),
                bias is null ? null : Upload(bias, $"{name}.bias"));
        });
        return linear;
    }

    /// <summary>From (outputs, channels, taps) to (outputs, taps, some of the channels).</summary>
    private static float[] ChannelsLast(float[] stored, int outputs, int channels, int taps, int first, int count)
    {
        var weight = new float[outputs * taps * count];
        for (var o = 0; o < outputs; o++)
        {
            for (var tap = 0; tap < taps; tap++)
            {
                for (var c = 0; c < count; c++)
                {
                    weight[(o * taps + tap) * count + c] = stored[(o * channels + first + c) * taps + tap];
                }
            }
        }

        return weight;
    }
}
