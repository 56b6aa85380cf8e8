using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Batch normalization with frozen statistics (Ioffe and Szegedy 2015, arXiv:1502.03167), for inference:
/// y = activation((x - mean) / √(variance + eps) · weight + bias [+ residual]).</summary>
public sealed class BatchNorm : Operation<BatchNormArgs>
{
    internal static readonly Variant<BatchNormArgs>[] Variants =
    [
        new KernelVariant<BatchNormArgs>(
            "batchnorm-naive", VariantKind.Naive, BatchNormNaive.Kernel,
            traits => (in BatchNormArgs args) => RowGrid.ThreadPerItem(traits, Elements(args))),
        new KernelVariant<BatchNormArgs>(
            "batchnorm-plane", VariantKind.Group, BatchNormGroup.Kernel,
            traits => (in BatchNormArgs args) => RowGrid.GroupPerRow(
                traits, args.Batch * args.Channels, args.Spatial, 8, BatchNormGroup.MostThreads)),
        BatchNormCpu.Variant,
    ];

    internal BatchNorm(KernelSet kernels)
        : base(kernels, "BatchNorm", Variants)
    {
    }

    /// <summary>y = activation(BatchNorm(x)).</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, [batch, channels, spatial], contiguous.</param>
    /// <param name="weight">weight, (channels).</param>
    /// <param name="bias">bias, (channels).</param>
    /// <param name="mean">running mean, (channels).</param>
    /// <param name="variance">running variance, (channels).</param>
    /// <param name="y">y, [batch, channels, spatial], contiguous; may be x.</param>
    /// <param name="batch">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="spatial">Pixels of a channel.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="activation">Applied last.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias,
        ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> y, int batch, int channels, int spatial,
        float epsilon = 1e-5f, ActivationKind activation = ActivationKind.None) =>
        Run(stream, new BatchNormArgs
        {
            X = x,
            Y = y,
            Weight = weight,
            Bias = bias,
            Mean = mean,
            Variance = variance,
            Batch = batch,
            Channels = channels,
            Spatial = spatial,
            Epsilon = epsilon,
            Activation = (int)activation,
        });

    /// <inheritdoc/>
    protected override void Check(in BatchNormArgs args)
    {
        ShapeCheck.AtLeast(Name, "batch", args.Batch, 0);
        ShapeCheck.AtLeast(Name, "channels", args.Channels, 1);
        ShapeCheck.AtLeast(Name, "spatial", args.Spatial, 1);
        ShapeCheck.Known<ActivationKind>(Name, "activation", args.Activation);
        ShapeCheck.Finite(Name, "epsilon", args.Epsilon);
        var elements = Elements(args);
        ShapeCheck.Elements(Name, "x", args.X, args.XOffset, elements);
        ShapeCheck.Elements(Name, "y", args.Y, args.YOffset, elements);
        if (args.HasResidual != 0)
        {
            ShapeCheck.Elements(Name, "residual", args.Residual, args.ResidualOffset, elements);
        }

        ShapeCheck.Elements(Name, "weight", args.Weight, 0, args.Channels);
        ShapeCheck.Elements(Name, "bias", args.Bias, 0, args.Channels);
        ShapeCheck.Elements(Name, "mean", args.Mean, 0, args.Channels);
        ShapeCheck.Elements(Name, "variance", args.Variance, 0, args.Channels);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in BatchNormArgs args) => args.Batch == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in BatchNormArgs args)
    {
        var streams = args.HasResidual != 0 ? 3 : 2;
        return ($"{args.Batch}x{args.Channels}x{args.Spatial}", 3 * Elements(args), sizeof(float) * streams * Elements(args));
    }

    /// <summary>Saturates instead of wrapping, so that the check of the views refuses it.</summary>
    private static long Elements(in BatchNormArgs args)
    {
        var elements = (UInt128)(uint)args.Batch * (uint)args.Channels * (uint)args.Spatial;
        return elements > long.MaxValue / 2 ? long.MaxValue / 2 : (long)elements;
    }
}
