using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>The largest value under a square kernel, channel by channel.</summary>
public sealed class MaxPool : Operation<MaxPoolArgs>
{
    internal static readonly Variant<MaxPoolArgs>[] Variants =
    [
        .. RowMapVariants<MaxPoolMap, MaxPoolArgs>.Table(
            "maxpool",
            (in MaxPoolArgs args) => args.Rows.Capacity,
            (in MaxPoolArgs args) => ShapeCheck.IsVectorAligned(args.X) && ShapeCheck.IsVectorAligned(args.Y)),
        MaxPoolCpu.Variant,
    ];

    internal MaxPool(KernelSet kernels)
        : base(kernels, "MaxPool", Variants)
    {
    }

    /// <summary>Pools contiguous images.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, [images, height, width, channels].</param>
    /// <param name="y">y, [images, outHeight, outWidth, channels], the sizes as <see cref="ConvolutionGeometry.OutputSize"/> says;
    /// not x.</param>
    /// <param name="images">Images.</param>
    /// <param name="height">Lines of an image.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="kernel">Lines and columns of the kernel.</param>
    /// <param name="stride">Pixels from one position to the next, both ways.</param>
    /// <param name="padding">Pixels around each image, at most half of the kernel.</param>
    /// <exception cref="ShapeException">A view is too short or there is no position; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> y, int images, int height, int width, int channels,
        int kernel, int stride, int padding = 0)
    {
        var (outHeight, outWidth) = (
            ConvolutionGeometry.OutputSize(height, kernel, Math.Max(1, stride), padding),
            ConvolutionGeometry.OutputSize(width, kernel, Math.Max(1, stride), padding));
        Run(stream, new MaxPoolArgs
        {
            X = RowView.Dense(x, channels),
            Y = RowView.Dense(y, channels),
            Rows = ActiveRows.Fixed(images * outHeight * outWidth),
            Channels = channels,
            Height = height,
            Width = width,
            OutHeight = outHeight,
            OutWidth = outWidth,
            Kernel = kernel,
            Stride = stride,
            Padding = padding,
        });
    }

    /// <inheritdoc/>
    protected override void Check(in MaxPoolArgs args)
    {
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Width(Name, args.Channels);
        ShapeCheck.AtLeast(Name, "width", args.Width, 1);
        ShapeCheck.Between(Name, "height", args.Height, 1, int.MaxValue / args.Width);
        ShapeCheck.Between(Name, "kernel", args.Kernel, 1, 1 << 20);
        ShapeCheck.Between(Name, "stride", args.Stride, 1, 1 << 20);
        ShapeCheck.Between(Name, "padding", args.Padding, 0, args.Kernel / 2);
        Axis("outHeight", args.Height, args.OutHeight, args);
        Axis("outWidth", args.Width, args.OutWidth, args);
        var images = (args.Rows.Capacity + (long)args.OutHeight * args.OutWidth - 1) / ((long)args.OutHeight * args.OutWidth);
        ShapeCheck.Rows(Name, "x", args.X, images * args.Height * args.Width, args.Channels);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.Channels);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in MaxPoolArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in MaxPoolArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Channels;
        return (
            $"{args.Height}x{args.Width}x{args.Channels} by {args.Kernel}x{args.Kernel}, {args.Rows.Capacity} rows",
            elements * args.Kernel * args.Kernel,
            4 * elements * (1 + args.Stride * args.Stride));
    }

    private void Axis(string name, int size, int found, in MaxPoolArgs args)
    {
        var expected = ConvolutionGeometry.OutputSize(size, args.Kernel, args.Stride, args.Padding);
        if (expected < 1 || found != expected)
        {
            throw new ShapeException($"{Name}: {name} must be {expected} and at least 1, found {found}.");
        }
    }
}
