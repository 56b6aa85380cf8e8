using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Resizes images to the nearest pixel, and adds others on the way: a step of a feature pyramid (Lin et al.
/// 2016, arXiv:1612.03144).</summary>
public sealed class Upsample : Operation<UpsampleArgs>
{
    internal static readonly Variant<UpsampleArgs>[] Variants =
    [
        .. RowMapVariants<UpsampleMap, UpsampleArgs>.Table(
            "upsample",
            (in UpsampleArgs args) => args.Rows.Capacity,
            (in UpsampleArgs args) => ShapeCheck.IsVectorAligned(args.X)
                && ShapeCheck.IsVectorAligned(args.Y)
                && (args.HasAdded == 0 || ShapeCheck.IsVectorAligned(args.Added))),
        UpsampleCpu.Variant,
    ];

    internal Upsample(KernelSet kernels)
        : base(kernels, "Upsample", Variants)
    {
    }

    /// <summary>Resizes contiguous images, to larger or smaller ones.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, [images, height, width, channels].</param>
    /// <param name="y">y, [images, outHeight, outWidth, channels]; not x.</param>
    /// <param name="images">Images.</param>
    /// <param name="height">Lines of x.</param>
    /// <param name="width">Pixels of a line of x.</param>
    /// <param name="outHeight">Lines of y.</param>
    /// <param name="outWidth">Pixels of a line of y.</param>
    /// <param name="channels">Channels.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> y, int images, int height, int width, int outHeight,
        int outWidth, int channels) =>
        Run(stream, new UpsampleArgs
        {
            X = RowView.Dense(x, channels),
            Y = RowView.Dense(y, channels),
            Rows = ActiveRows.Fixed(images * outHeight * outWidth),
            Channels = channels,
            Height = height,
            Width = width,
            OutHeight = outHeight,
            OutWidth = outWidth,
            Repeat = 1,
            ScaleHeight = (float)height / outHeight,
            ScaleWidth = (float)width / outWidth,
        });

    /// <inheritdoc/>
    protected override void Check(in UpsampleArgs args)
    {
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Width(Name, args.Channels);
        ShapeCheck.AtLeast(Name, "width", args.Width, 1);
        ShapeCheck.Between(Name, "height", args.Height, 1, int.MaxValue / args.Width);
        ShapeCheck.AtLeast(Name, "outWidth", args.OutWidth, 1);
        ShapeCheck.Between(Name, "outHeight", args.OutHeight, 1, int.MaxValue / args.OutWidth);
        ShapeCheck.AtLeast(Name, "repeat", args.Repeat, 1);
        Scale("scaleHeight", args.ScaleHeight, args.Height, args.OutHeight);
        Scale("scaleWidth", args.ScaleWidth, args.Width, args.OutWidth);
        var maps = (args.Rows.Capacity + (long)args.OutHeight * args.OutWidth - 1) / ((long)args.OutHeight * args.OutWidth);
        ShapeCheck.Rows(Name, "x", args.X, maps * args.Height * args.Width, args.Channels);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.Channels);
        if (args.HasAdded != 0)
        {
            var images = (maps + args.Repeat - 1) / args.Repeat;
            ShapeCheck.Rows(Name, "added", args.Added, images * args.OutHeight * args.OutWidth, args.Channels);
        }
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in UpsampleArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in UpsampleArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Channels;
        return (
            $"{args.Height}x{args.Width} to {args.OutHeight}x{args.OutWidth}, {args.Rows.Capacity} rows x{args.Channels}",
            args.HasAdded == 0 ? 0 : elements,
            (args.HasAdded == 0 ? 8 : 12) * elements);
    }

    private void Scale(string name, float found, int size, int outSize)
    {
        var expected = (float)size / outSize;
        if (found != expected)
        {
            throw new ShapeException($"{Name}: {name} must be {size} / {outSize} = {expected}, found {found}.");
        }
    }
}
