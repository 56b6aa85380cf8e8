using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>BatchNorm for inference, one group a plane (the pixels of a channel of an image): the factor is computed
/// once a thread and no element divides.</summary>
internal static class BatchNormGroup
{
    public const int MostThreads = 256;

    /// <remarks>
    /// Computes: y = activation((x - mean) / √(variance + eps) · weight + bias [+ residual]).
    /// Shapes: x, y, residual [batch, channels, spatial]; the rest (channels).
    /// Group: one plane; thread t takes pixels t, t + Group.DimX, ... Shared: none. Barriers: none.
    /// Numerics: the difference first, so that a large mean loses nothing. Edges: y may be x or the residual.
    /// Cost: 3 flops and the activation, 4 + 4 bytes an element (4 more with a residual).
    /// </remarks>
    public static void Kernel(BatchNormArgs args)
    {
        var plane = Grid.IdxX;
        var channel = plane - plane / args.Channels * args.Channels;
        var factor = args.Weight[channel] / MathF.Sqrt(args.Variance[channel] + args.Epsilon);
        var mean = args.Mean[channel];
        var bias = args.Bias[channel];
        var start = plane * args.Spatial;
        for (var i = start + Group.IdxX; i < start + args.Spatial; i += Group.DimX)
        {
            var y = (args.X[args.XOffset + i] - mean) * factor + bias;
            if (args.HasResidual != 0)
            {
                y += args.Residual[args.ResidualOffset + i];
            }

            args.Y[args.YOffset + i] = Activations.Apply(y, args.Activation);
        }
    }
}
