using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Group normalization of images whose channels are adjacent (Wu and He 2018, arXiv:1803.08494).</summary>
public sealed class GroupNorm : Operation<GroupNormArgs>
{
    internal static readonly Variant<GroupNormArgs>[] Variants =
    [
        new KernelVariant<GroupNormArgs>(
            "groupnorm-naive", VariantKind.Naive, GroupNormNaive.Kernel,
            traits => (in GroupNormArgs args) => RowGrid.ThreadPerItem(traits, (long)args.Images.Capacity * args.Groups)),
        new KernelVariant<GroupNormArgs>(
            "groupnorm-group", VariantKind.Group, GroupNormGroup.Kernel,
            traits => (in GroupNormArgs args) => RowGrid.GroupPerRow(
                traits,
                args.Images.Capacity * args.Groups,
                args.Spatial * (args.Channels / args.Groups),
                8,
                GroupNormGroup.MostThreads)),
        GroupNormCpu.Variant,
    ];

    internal GroupNorm(KernelSet kernels)
        : base(kernels, "GroupNorm", Variants)
    {
    }

    /// <summary>y = activation(GroupNorm(x)) for contiguous images.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, [images, spatial, channels].</param>
    /// <param name="weight">weight, (channels).</param>
    /// <param name="bias">bias, (channels).</param>
    /// <param name="y">y, [images, spatial, channels]; may be x.</param>
    /// <param name="images">Images.</param>
    /// <param name="spatial">Pixels of an image.</param>
    /// <param name="channels">Channels, a multiple of the groups.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="activation">Applied last.</param>
    /// <exception cref="ShapeException">A view is too short or channels do not divide; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> y,
        int images, int spatial, int channels, int groups, float epsilon = 1e-5f,
        ActivationKind activation = ActivationKind.None) =>
        Run(stream, new GroupNormArgs
        {
            X = RowView.Dense(x, channels),
            Y = RowView.Dense(y, channels),
            Weight = weight,
            Bias = bias,
            Images = ActiveRows.Fixed(images),
            Spatial = spatial,
            Channels = channels,
            Groups = groups,
            Epsilon = epsilon,
            Activation = (int)activation,
        });

    /// <inheritdoc/>
    protected override void Check(in GroupNormArgs args)
    {
        ShapeCheck.Active(Name, "images", args.Images);
        ShapeCheck.Width(Name, args.Channels);
        ShapeCheck.Between(Name, "spatial", args.Spatial, 1, int.MaxValue / args.Channels);
        ShapeCheck.Known<ActivationKind>(Name, "activation", args.Activation);
        ShapeCheck.Finite(Name, "epsilon", args.Epsilon);
        if (args.Groups < 1 || args.Channels % args.Groups != 0)
        {
            throw new ShapeException($"{Name}: groups must divide channels {args.Channels}, found {args.Groups}.");
        }

        ShapeCheck.AtMostIntMax(Name, "images · groups", (long)args.Images.Capacity * args.Groups);
        ShapeCheck.Rows(Name, "x", args.X, (long)args.Images.Capacity * args.Spatial, args.Channels);
        ShapeCheck.Rows(Name, "y", args.Y, (long)args.Images.Capacity * args.Spatial, args.Channels);
        ShapeCheck.Elements(Name, "weight", args.Weight, 0, args.Channels);
        ShapeCheck.Elements(Name, "bias", args.Bias, 0, args.Channels);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in GroupNormArgs args) => args.Images.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in GroupNormArgs args)
    {
        var elements = (long)args.Images.Capacity * args.Spatial * args.Channels;
        return ($"{args.Images.Capacity}x{args.Spatial}x{args.Channels} in {args.Groups} groups", 8 * elements, 8 * elements);
    }
}
