using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>A convolution: y = activation(convolution(x) + bias) [+ residual] as an implicit matmul, which reads each image
/// where it lies. Patches are a convolution too: <see cref="ConvolutionGeometry.Patches"/>.</summary>
public sealed class Convolution : Operation<ConvolutionArgs>
{
    /// <summary>With so many groups for each multiprocessor, a chunk of k needs no group of its own.</summary>
    private const int GroupsOfMultiprocessor = 4;

    /// <summary>Threads that the last group of a grid may have too many.</summary>
    private const int LaunchMargin = 1024;

    internal static readonly Variant<ConvolutionArgs>[] Variants =
    [
        new KernelVariant<ConvolutionArgs>(
            "convolution-naive", VariantKind.Naive, ConvolutionNaive.Kernel,
            traits => (in ConvolutionArgs args) => RowGrid.ThreadPerItem(traits, (long)args.Product.Rows.Capacity * args.Product.N),
            static (DeviceTraits _, in ConvolutionArgs args) => HasView(args)),
        Tiled<MatMulTile16, ConvolutionElements, ScalarWeight>("convolution-tile16-scalar", null),
        .. Tiles<ConvolutionElements, ScalarWeight>("-scalar"),
        .. Tiles<ConvolutionElements, VectorWeight>("-planes"),
        .. Tiles<ConvolutionQuads, VectorWeight>(""),
        ConvolutionCpu.Variant,
    ];

    internal Convolution(KernelSet kernels)
        : base(kernels, "Convolution", Variants)
    {
    }

    /// <summary>y = activation(convolution(x) + bias) for contiguous images and a square kernel.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, [images, height, width, channels].</param>
    /// <param name="weight">weight, (outputs, kernel, kernel, channels).</param>
    /// <param name="bias">bias, (outputs); an empty view for none.</param>
    /// <param name="y">y, [images, outHeight, outWidth, outputs], the sizes as <see cref="ConvolutionGeometry.OutputSize"/> says.</param>
    /// <param name="images">Images.</param>
    /// <param name="height">Lines of an image.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="kernel">Lines and columns of the kernel.</param>
    /// <param name="stride">Pixels from one position to the next, both ways.</param>
    /// <param name="padding">Zeros around each image.</param>
    /// <param name="dilation">Pixels from one tap of the kernel to the next.</param>
    /// <param name="activation">Activation of the sum with its bias.</param>
    /// <exception cref="ShapeException">A view is too short or there is no position; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> y,
        int images, int height, int width, int channels, int outputs, int kernel, int stride = 1, int padding = 0,
        int dilation = 1, ActivationKind activation = ActivationKind.None)
    {
        var image = ConvolutionGeometry.Square(height, width, channels, kernel, stride, padding, dilation);
        Run(stream, new ConvolutionArgs
        {
            X = x,
            Image = image,
            Product = MatMul.Dense(default, weight, y, images * image.Positions, outputs, image.RowWidth, StandardEpilogue.None with
            {
                Bias = bias,
                HasBias = bias.Length > 0 ? 1 : 0,
                Activation = (int)activation,
            }),
        });
    }

    /// <inheritdoc/>
    protected override void Check(in ConvolutionArgs args)
    {
        var product = args.Product;
        ShapeCheck.Active(Name, "positions", product.Rows);
        args.Image.Check(Name, args.X, args.XOffset, product.Rows.Capacity);
        ShapeCheck.AtLeast(Name, "outputs", product.N, 1);
        ShapeCheck.Between(Name, "positions · outputs", (long)product.Rows.Capacity * product.N, 0, int.MaxValue - LaunchMargin);
        if (product.K != args.Image.RowWidth || product.Batch != 1 || product.WeightColumnStride != 1
            || product.Encoding != (int)WeightEncoding.F32)
        {
            throw new ShapeException(
                $"{Name}: the weight must be one float32 matrix (outputs, {args.Image.RowWidth}) with adjacent columns, found " +
                $"batch {product.Batch}, K {product.K}, column stride {product.WeightColumnStride}, " +
                $"encoding {(WeightEncoding)product.Encoding}.");
        }

        if (product.Panels != 0)
        {
            PackedPanels.Check(Name, product.Panels, product.N, product.K, product.WeightBatchStride);
        }

        if (HasView(args))
        {
            ShapeCheck.Rows(Name, "weight", product.Weight, product.N, product.K);
        }

        ShapeCheck.Rows(Name, "y", product.Y, product.Rows.Capacity, product.N);
        MatMul.Check(Name, product.Epilogue, product.Rows.Capacity, product.N);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in ConvolutionArgs args) => args.Product.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in ConvolutionArgs args)
    {
        var (image, product) = (args.Image, args.Product);
        long positions = product.Rows.Capacity;
        var elements = (long)image.Height * image.Width * image.Channels;

        // Patches see each element once and not all of the lines that stand for them.
        var seen = Math.Min(positions * product.K, (positions + image.Positions - 1) / image.Positions * elements);
        return (
            $"{positions} positions of {image.KernelHeight}x{image.KernelWidth}x{image.Channels} to {product.N}",
            2 * positions * product.N * product.K,
            4 * (seen + (long)product.N * product.K + positions * product.N));
    }

    private static KernelVariant<ConvolutionArgs>[] Tiles<TPixels, TWeight>(string suffix)
        where TPixels : struct, IConvolutionPixels
        where TWeight : struct, IMatMulWeight =>
        [Tiled<MatMulTile64, TPixels, TWeight>("convolution-tile64" + suffix, false),
            Tiled<MatMulTile64, TPixels, TWeight>("convolution-tile64-split" + suffix, true)];

    /// <param name="name">Name of the variant.</param>
    /// <param name="split">Whether each chunk of k gets a group, where that is best; null: never asked.</param>
    private static KernelVariant<ConvolutionArgs> Tiled<TTile, TPixels, TWeight>(string name, bool? split)
        where TTile : struct, IMatMulTile<TTile>
        where TPixels : struct, IConvolutionPixels
        where TWeight : struct, IMatMulWeight
    {
        return new(
            name,
            VariantKind.Group,
            ConvolutionGroup<TTile, TPixels, TWeight>.Kernel,
            traits => (in ConvolutionArgs args) => new KernelConfig(
                (int)(Groups<TTile>(args) * (split == true ? MatMulOrder.Chunks(args.Product.K) : 1)), TTile.Threads),
            (DeviceTraits traits, in ConvolutionArgs args) =>
                CanRun(traits, args) && (split is null || split == IsBestSplit<TTile>(traits, args)))
        {
            Allowed = CanRun,
            Workspace = split != true ? null : new(
                static (DeviceTraits _, in ConvolutionArgs args) => PartialFloats(args),
                static (ref ConvolutionArgs args, ArrayView<float> workspace) =>
                    (args.Product.Workspace, args.Product.IsSplit) = (workspace, 1)),
            Second = split != true ? null : new(
                ConvolutionMerge.Kernel,
                traits => (in ConvolutionArgs args) =>
                    RowGrid.ThreadPerItem(traits, (long)args.Product.Rows.Capacity * ((args.Product.N + 3) / 4))),
            Limits = new(TTile.Threads, Math.Max(1, MatMulPlan.GroupsAtOnce * 256 / Math.Max(128, TTile.Threads))),
        };

        bool CanRun(DeviceTraits traits, in ConvolutionArgs args) =>
            MatMulPlan.Fits(traits, TTile.Threads, MatMulPlan.SharedBytes<TTile>())
            && HasView(args)
            && (!TPixels.NeedsAlignment || IsImageAligned(args))
            && (!TWeight.NeedsAlignment || ShapeCheck.IsVectorAligned(args.Product.Weight))
            && (split != true || (MatMulOrder.Chunks(args.Product.K) > 1 && PartialFloats(args) <= int.MaxValue));
    }

    /// <summary>Whether the weight lies in the device's memory as rows, which all but the CPU variant read.</summary>
    private static bool HasView(in ConvolutionArgs args) => args.Product.Panels == 0 || args.Product.Weight.Data.Length > 0;

    private static bool IsImageAligned(in ConvolutionArgs args) =>
        args.Image.IsAligned && (args.XOffset & 3) == 0 && ShapeCheck.IsVectorAligned(args.X);

    private static bool IsBestSplit<TTile>(DeviceTraits traits, in ConvolutionArgs args)
        where TTile : struct, IMatMulTile<TTile> =>
        MatMulOrder.Chunks(args.Product.K) > 1
        && Groups<TTile>(args) < GroupsOfMultiprocessor * (long)traits.Multiprocessors
        && PartialFloats(args) <= int.MaxValue;

    private static long PartialFloats(in ConvolutionArgs args) =>
        (long)MatMulOrder.Chunks(args.Product.K) * args.Product.Rows.Capacity * ((args.Product.N + 3) / 4 * 4);

    private static long Groups<TTile>(in ConvolutionArgs args)
        where TTile : struct, IMatMulTile<TTile> =>
        MatMulPlace.Tiles(args.Product.Rows.Capacity, args.Product.N, TTile.RowShift, TTile.ColumnShift);
}
