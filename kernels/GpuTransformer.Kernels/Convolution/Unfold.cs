using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>What each position of a convolution sees, as a row (im2col, Chellapilla et al. 2006): a convolution is this
/// and a matmul, whose epilogue holds bias, activation and residual. Bands of positions keep the rows few.</summary>
public sealed class Unfold : Operation<UnfoldArgs>
{
    internal static readonly Variant<UnfoldArgs>[] Variants =
    [
        .. RowMapVariants<UnfoldMap, UnfoldArgs>.Table("unfold", (in UnfoldArgs args) => args.Rows.Capacity, IsAligned),
        UnfoldCpu.Variant,
    ];

    internal Unfold(KernelSet kernels)
        : base(kernels, "Unfold", Variants)
    {
    }

    /// <summary>Unfolds images whose channels are adjacent, for a square kernel.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, [images, height, width, channels].</param>
    /// <param name="y">y, (images · outHeight · outWidth, kernel · kernel · channels), the sizes as
    /// <see cref="UnfoldArgs.OutputSize"/> says.</param>
    /// <param name="images">Images.</param>
    /// <param name="height">Lines of an image.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="kernel">Lines and columns of the kernel.</param>
    /// <param name="stride">Pixels from one position to the next, both ways.</param>
    /// <param name="padding">Zeros around each image.</param>
    /// <exception cref="ShapeException">A view is too short or there is no position; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> y, int images, int height, int width, int channels,
        int kernel, int stride = 1, int padding = 0)
    {
        var args = new UnfoldArgs
        {
            X = x,
            ImageStride = height * width * channels,
            LineStride = width * channels,
            ColumnStride = channels,
            ChannelStride = 1,
            Channels = channels,
            Height = height,
            Width = width,
            OutHeight = UnfoldArgs.OutputSize(height, kernel, Math.Max(1, stride), padding),
            OutWidth = UnfoldArgs.OutputSize(width, kernel, Math.Max(1, stride), padding),
            KernelHeight = kernel,
            KernelWidth = kernel,
            StrideHeight = stride,
            StrideWidth = stride,
            PaddingHeight = padding,
            PaddingWidth = padding,
            DilationHeight = 1,
            DilationWidth = 1,
        };
        args.Y = RowView.Dense(y, args.RowWidth);
        args.Rows = ActiveRows.Fixed(images * args.OutHeight * args.OutWidth);
        Run(stream, args);
    }

    /// <inheritdoc/>
    protected override void Check(in UnfoldArgs args)
    {
        CheckImage(Name, args, args.Rows);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.RowWidth);
    }

    /// <summary>Refuses sizes that do not fit each other, and an x that does not hold what the rows see.</summary>
    internal static void CheckImage(string name, in UnfoldArgs args, in ActiveRows rows)
    {
        ShapeCheck.Active(name, "rows", rows);
        ShapeCheck.Width(name, args.Width);
        ShapeCheck.Between(name, "height", args.Height, 1, int.MaxValue / args.Width);
        ShapeCheck.AtLeast(name, "channels", args.Channels, 1);
        Axis(name, "Height", args.Height, args.KernelHeight, args.StrideHeight, args.PaddingHeight, args.DilationHeight, args.OutHeight);
        Axis(name, "Width", args.Width, args.KernelWidth, args.StrideWidth, args.PaddingWidth, args.DilationWidth, args.OutWidth);
        ShapeCheck.Between(name, "kernelWidth", args.KernelWidth, 1, int.MaxValue / args.KernelHeight);
        ShapeCheck.Between(name, "kernelHeight · kernelWidth", args.KernelHeight * args.KernelWidth, 1, (int.MaxValue - 8192) / args.Channels);
        ShapeCheck.Between(name, "firstRow", args.FirstRow, 0, int.MaxValue - rows.Capacity);
        ShapeCheck.Between(name, "outHeight", args.OutHeight, 1, int.MaxValue / args.OutWidth);
        foreach (var stride in (ReadOnlySpan<int>)[args.ImageStride, args.LineStride, args.ColumnStride, args.ChannelStride])
        {
            ShapeCheck.AtLeast(name, "each stride of x", stride, 0);
        }

        if (rows.Capacity > 0)
        {
            var lastImage = (args.FirstRow + rows.Capacity - 1) / (args.OutHeight * args.OutWidth);
            ShapeCheck.Elements(
                name, "x", args.X, args.XOffset,
                1 + (long)lastImage * args.ImageStride + (args.Height - 1L) * args.LineStride
                + (args.Width - 1L) * args.ColumnStride + (args.Channels - 1L) * args.ChannelStride);
        }
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in UnfoldArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in UnfoldArgs args) => (
        $"{args.Height}x{args.Width}x{args.Channels} by {args.KernelHeight}x{args.KernelWidth}, {args.Rows.Capacity} rows",
        0,
        8L * args.Rows.Capacity * args.RowWidth);

    private static void Axis(string name, string axis, int size, int kernel, int stride, int padding, int dilation, int found)
    {
        ShapeCheck.AtLeast(name, $"kernel{axis}", kernel, 1);
        ShapeCheck.AtLeast(name, $"stride{axis}", stride, 1);
        ShapeCheck.AtLeast(name, $"dilation{axis}", dilation, 1);
        ShapeCheck.Between(name, $"padding{axis}", padding, 0, 1 << 20);
        var expected = UnfoldArgs.OutputSize(size, kernel, stride, padding, dilation);
        if (expected < 1 || found != expected)
        {
            throw new ShapeException($"{name}: out{axis} must be {expected} and at least 1, found {found}.");
        }
    }

    /// <summary>Four channels side by side belong to one pixel and start at a multiple of 16 bytes.</summary>
    internal static bool IsImageAligned(in UnfoldArgs args) =>
        args.ChannelStride == 1
        && ((args.Channels | args.XOffset | args.ImageStride | args.LineStride | args.ColumnStride) & 3) == 0
        && ShapeCheck.IsVectorAligned(args.X);

    private static bool IsAligned(in UnfoldArgs args) => IsImageAligned(args) && ShapeCheck.IsVectorAligned(args.Y);
}
