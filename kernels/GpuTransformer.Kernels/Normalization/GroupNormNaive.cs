using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Group normalization, one thread a group of channels of an image.</summary>
internal static class GroupNormNaive
{
    /// <remarks>
    /// Computes: y = activation((x - mean) / √(variance + eps) · weight + bias), statistics of a group of an image.
    /// Shapes: x, y (images · spatial, channels); weight, bias (channels).
    /// Group: Group.DimX groups of channels, one a thread. Shared: none. Barriers: none.
    /// Numerics: the mean first, then the squares of the differences; a pixel's channels are summed before the pixels.
    /// Edges: y may be x; NaN fills its group. Cost: about 8 flops and 12 + 4 bytes an element, uncoalesced.
    /// </remarks>
    public static void Kernel(GroupNormArgs args)
    {
        var index = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)index >= (uint)(args.Images.Count * args.Groups))
        {
            return;
        }

        var image = index / args.Groups;
        var width = args.Channels / args.Groups;
        var channel = (index - image * args.Groups) * width;
        var first = image * args.Spatial;
        var mean = Sum(args, first, channel, width, 0f, false) / (args.Spatial * width);
        var variance = Sum(args, first, channel, width, mean, true) / (args.Spatial * width);
        var inverse = 1f / MathF.Sqrt(variance + args.Epsilon);
        for (var row = first; row < first + args.Spatial; row++)
        {
            for (var c = channel; c < channel + width; c++)
            {
                var y = (args.X[row, c] - mean) * (inverse * args.Weight[c]) + args.Bias[c];
                args.Y[row, c] = Activations.Apply(y, args.Activation);
            }
        }
    }

    private static float Sum(in GroupNormArgs args, int first, int channel, int width, float mean, bool squares)
    {
        var total = 0f;
        for (var row = first; row < first + args.Spatial; row++)
        {
            var sum = 0f;
            for (var c = channel; c < channel + width; c++)
            {
                var d = args.X[row, c] - mean;
                sum += squares ? d * d : d;
            }

            total += sum;
        }

        return total;
    }
}
