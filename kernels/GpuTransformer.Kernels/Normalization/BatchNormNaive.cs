using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>BatchNorm for inference, one thread an element.</summary>
internal static class BatchNormNaive
{
    /// <remarks>
    /// Computes: y = activation((x - mean) / √(variance + eps) · weight + bias [+ residual]).
    /// Shapes: x, y, residual [batch, channels, spatial]; the rest (channels).
    /// Group: Group.DimX elements, one a thread. Shared: none. Barriers: none.
    /// Numerics: the difference first, so that a large mean loses nothing. Edges: y may be x or the residual.
    /// Cost: about 10 flops and a division, 4 + 4 bytes an element (4 more with a residual).
    /// </remarks>
    public static void Kernel(BatchNormArgs args)
    {
        var i = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)i >= (uint)(args.Batch * args.Channels * args.Spatial))
        {
            return;
        }

        var plane = i / args.Spatial;
        var channel = plane - plane / args.Channels * args.Channels;
        var factor = args.Weight[channel] / MathF.Sqrt(args.Variance[channel] + args.Epsilon);
        var y = (args.X[args.XOffset + i] - args.Mean[channel]) * factor + args.Bias[channel];
        if (args.HasResidual != 0)
        {
            y += args.Residual[args.ResidualOffset + i];
        }

        args.Y[args.YOffset + i] = Activations.Apply(y, args.Activation);
    }
}
