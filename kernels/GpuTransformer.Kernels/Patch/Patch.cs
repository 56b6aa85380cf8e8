using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Cuts images into patches, one a row of y: a patch embedding is this and a matmul with the flattened
/// convolution weight (Dosovitskiy et al. 2020, arXiv:2010.11929).</summary>
public sealed class Patch : Operation<PatchArgs>
{
    internal static readonly Variant<PatchArgs>[] Variants =
    [
        .. RowMapVariants<PatchMap, PatchArgs>.Table(
            "patch", (in PatchArgs args) => args.Images.Capacity * PatchMap.PatchesOf(args), IsAligned),
        PatchCpu.Variant,
    ];

    internal Patch(KernelSet kernels)
        : base(kernels, "Patch", Variants)
    {
    }

    /// <summary>Cuts contiguous images into patches.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="pixels">pixels, [images, channels, height, width].</param>
    /// <param name="y">y, (images · patches, channels · patchHeight · patchWidth).</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows of pixels, a multiple of the patch's.</param>
    /// <param name="width">Columns of pixels, a multiple of the patch's.</param>
    /// <param name="patchHeight">Rows of a patch.</param>
    /// <param name="patchWidth">Columns of a patch.</param>
    /// <exception cref="ShapeException">A view is too short or patches do not fit; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> pixels,
        ArrayView<float> y,
        int images,
        int channels,
        int height,
        int width,
        int patchHeight,
        int patchWidth) =>
        Run(stream, new PatchArgs
        {
            Pixels = pixels,
            Y = RowView.Dense(y, channels * patchHeight * patchWidth),
            Images = ActiveRows.Fixed(images),
            Channels = channels,
            Height = height,
            Width = width,
            PatchHeight = patchHeight,
            PatchWidth = patchWidth,
        });

    /// <inheritdoc/>
    protected override void Check(in PatchArgs args)
    {
        ShapeCheck.Active(Name, "images", args.Images);
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Between(Name, "height", args.Height, 1, int.MaxValue / args.Width);
        ShapeCheck.Between(Name, "channels", args.Channels, 1, int.MaxValue / ((long)args.Width * args.Height));
        Divides("patchHeight", args.PatchHeight, "height", args.Height);
        Divides("patchWidth", args.PatchWidth, "width", args.Width);
        var pixels = (long)args.Channels * args.Height * args.Width;
        var width = args.Channels * args.PatchHeight * args.PatchWidth;
        ShapeCheck.Width(Name, width);
        ShapeCheck.Elements(Name, "pixels", args.Pixels, args.PixelsOffset, args.Images.Capacity * pixels);
        ShapeCheck.Rows(Name, "y", args.Y, (long)args.Images.Capacity * PatchMap.PatchesOf(args), width);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in PatchArgs args) => args.Images.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in PatchArgs args)
    {
        var elements = (long)args.Images.Capacity * args.Channels * args.Height * args.Width;
        return (
            $"{args.Images.Capacity}x{args.Channels}x{args.Height}x{args.Width} by {args.PatchHeight}x{args.PatchWidth}",
            0,
            8 * elements);
    }

    private void Divides(string name, int part, string wholeName, int whole)
    {
        if (part < 1 || whole % part != 0)
        {
            throw new ShapeException($"{Name}: {name} must divide {wholeName} {whole}, found {part}.");
        }
    }

    /// <summary>Four pixels side by side lie in one line of a patch and start at a multiple of 16 bytes.</summary>
    private static bool IsAligned(in PatchArgs args) =>
        ((args.PatchWidth | args.PixelsOffset) & 3) == 0
        && ShapeCheck.IsVectorAligned(args.Pixels)
        && ShapeCheck.IsVectorAligned(args.Y);
}
