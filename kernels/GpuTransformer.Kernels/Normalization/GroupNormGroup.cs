using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Group normalization, one thread group a group of channels of an image.</summary>
internal static class GroupNormGroup
{
    public const int MostThreads = 256;

    /// <remarks>
    /// Computes: y = activation((x - mean) / √(variance + eps) · weight + bias), statistics of a group of an image.
    /// Shapes: x, y (images · spatial, channels); weight, bias (channels).
    /// Group: one group of channels; thread t takes elements t, t + Group.DimX, ... of (spatial, channels of the group).
    /// Shared: the reductions' scratch. Barriers: 4.
    /// Numerics: the mean first, then the squares of the differences; each thread sums in ascending order, then
    /// <see cref="GroupReduction"/>'s order. Edges: y may be x: an element is read and written by one thread.
    /// Cost: about 8 flops and 4 + 4 bytes an element where the group of channels stays in a cache.
    /// </remarks>
    public static void Kernel(GroupNormArgs args)
    {
        var image = Grid.IdxX / args.Groups;
        if (image >= args.Images.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var width = args.Channels / args.Groups;
        var channel = (Grid.IdxX - image * args.Groups) * width;
        var first = image * args.Spatial;
        var elements = args.Spatial * width;
        var sum = 0f;
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var row = i / width;
            sum += args.X[first + row, channel + i - row * width];
        }

        var mean = GroupReduction.Sum(scratch, sum) / elements;
        var squares = 0f;
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var row = i / width;
            var d = args.X[first + row, channel + i - row * width] - mean;
            squares += d * d;
        }

        var inverse = 1f / MathF.Sqrt(GroupReduction.Sum(scratch, squares) / elements + args.Epsilon);
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var row = i / width;
            var column = channel + i - row * width;
            var y = (args.X[first + row, column] - mean) * (inverse * args.Weight[column]) + args.Bias[column];
            args.Y[first + row, column] = Activations.Apply(y, args.Activation);
        }

        GroupEnd.Join();
    }
}
