using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>Images under a convolution, with its float64 reference.</summary>
internal abstract record ConvolutionCase(int Images, int Height, int Width, int Channels)
{
    /// <summary>The sizes, as reports show them.</summary>
    public abstract string Name { get; }

    /// <summary>How contiguous images lie and what positions see of them.</summary>
    public abstract ConvolutionGeometry Geometry { get; }

    /// <summary>Elements of an image.</summary>
    public int Elements => Height * Width * Channels;

    /// <summary>Positions of all images.</summary>
    public int Rows => Images * Geometry.Positions;

    /// <summary>What each position of the images sees, (rows, rowWidth).</summary>
    public double[] Unfolded(float[] values)
    {
        var (geometry, expected) = (Geometry, new double[Rows * Geometry.RowWidth]);
        for (var i = 0; i < expected.Length; i++)
        {
            var (position, column) = (i / geometry.RowWidth, i % geometry.RowWidth);
            var (image, oy, ox) = (
                position / geometry.Positions, position / geometry.OutWidth % geometry.OutHeight, position % geometry.OutWidth);
            expected[i] = Seen(values, image, oy, ox, column);
        }

        return expected;
    }

    /// <summary>The convolution itself: each position's row times the weight (outputs, rowWidth).</summary>
    public double[] Convolved(float[] values, float[] weight, int outputs)
    {
        var (unfolded, width) = (Unfolded(values), Geometry.RowWidth);
        var y = new double[Rows * outputs];
        Parallel.For(0, y.Length, i => y[i] = MatMulReference.Dot(
            unfolded.AsSpan(i / outputs * width, width), weight.AsSpan(i % outputs * width, width)));
        return y;
    }

    /// <summary>Element <paramref name="column"/> of what a position sees, 0 outside the image.</summary>
    protected abstract double Seen(float[] values, int image, int oy, int ox, int column);
}

/// <summary>A kernel that steps over images whose channels are adjacent, or over planes.</summary>
internal sealed record KernelCase(
    int Images, int Height, int Width, int Channels, int KernelHeight, int KernelWidth, int Stride, int PaddingHeight,
    int PaddingWidth, int Dilation = 1) : ConvolutionCase(Images, Height, Width, Channels)
{
    /// <summary>Shapes with 1, primes, kernels as large as the image, strides beyond the kernel, one dimension.</summary>
    public static IEnumerable<KernelCase> All =>
    [
        new(1, 1, 1, 1, 1, 1, 1, 0, 0),
        new(2, 5, 7, 3, 3, 3, 1, 1, 1),
        new(1, 7, 5, 4, 3, 3, 2, 1, 1),
        new(2, 6, 6, 8, 1, 1, 2, 0, 0),
        new(1, 9, 11, 3, 7, 7, 2, 3, 3),
        new(2, 2, 2, 5, 5, 3, 1, 2, 1),
        new(1, 3, 4, 2, 3, 4, 1, 0, 0),
        new(1, 8, 9, 12, 2, 2, 3, 0, 0),
        new(1, 9, 7, 4, 3, 3, 1, 2, 2, 2),
        new(3, 1, 17, 20, 1, 3, 2, 0, 1),
    ];

    /// <summary>Whether images are (channels, height, width); else channels are adjacent.</summary>
    public bool Planes { get; init; }

    public override string Name =>
        $"{Images}x{Height}x{Width}x{Channels}{(Planes ? " planes" : "")} by {KernelHeight}x{KernelWidth}, stride {Stride}, padding {PaddingHeight}x{PaddingWidth}, dilation {Dilation}";

    public override ConvolutionGeometry Geometry => new()
    {
        ImageStride = Elements,
        LineStride = Planes ? Width : Width * Channels,
        ColumnStride = Planes ? 1 : Channels,
        ChannelStride = Planes ? Height * Width : 1,
        Channels = Channels,
        Height = Height,
        Width = Width,
        OutHeight = ConvolutionGeometry.OutputSize(Height, KernelHeight, Stride, PaddingHeight, Dilation),
        OutWidth = ConvolutionGeometry.OutputSize(Width, KernelWidth, Stride, PaddingWidth, Dilation),
        KernelHeight = KernelHeight,
        KernelWidth = KernelWidth,
        StrideHeight = Stride,
        StrideWidth = Stride,
        PaddingHeight = PaddingHeight,
        PaddingWidth = PaddingWidth,
        DilationHeight = Dilation,
        DilationWidth = Dilation,
    };

    protected override double Seen(float[] values, int image, int oy, int ox, int column)
    {
        var (tap, channel) = (column / Channels, column % Channels);
        var line = oy * Stride - PaddingHeight + tap / KernelWidth * Dilation;
        var pixel = ox * Stride - PaddingWidth + tap % KernelWidth * Dilation;
        if (line < 0 || line >= Height || pixel < 0 || pixel >= Width)
        {
            return 0;
        }

        return Planes
            ? values[((image * Channels + channel) * Height + line) * Width + pixel]
            : values[((image * Height + line) * Width + pixel) * Channels + channel];
    }
}

/// <summary>Planes cut into patches; a rest at the right and the lower edge is not seen.</summary>
internal sealed record PatchCase(int Images, int Channels, int Height, int Width, int PatchHeight, int PatchWidth)
    : ConvolutionCase(Images, Height, Width, Channels)
{
    /// <summary>Patches of 1, 2, 7, 14, 16 and 32, not square ones, an image that is one patch, edges that fill none.</summary>
    public static IEnumerable<PatchCase> All =>
    [
        new(1, 1, 1, 1, 1, 1),
        new(3, 1, 5, 7, 1, 1),
        new(3, 3, 6, 9, 2, 2),
        new(1, 3, 28, 21, 7, 7),
        new(3, 1, 29, 33, 14, 14),
        new(1, 3, 32, 48, 16, 16),
        new(3, 3, 33, 38, 16, 16),
        new(1, 3, 64, 32, 32, 32),
        new(1, 1, 37, 100, 32, 32),
        new(2, 3, 16, 24, 8, 4),
        new(2, 2, 7, 5, 7, 5),
    ];

    public override string Name => $"{Images}x{Channels}x{Height}x{Width} in {PatchHeight}x{PatchWidth}";

    public override ConvolutionGeometry Geometry =>
        ConvolutionGeometry.Patches(Channels, Height, Width, PatchHeight, PatchWidth);

    protected override double Seen(float[] values, int image, int oy, int ox, int column)
    {
        var (channel, inside) = (column / (PatchHeight * PatchWidth), column % (PatchHeight * PatchWidth));
        var line = oy * PatchHeight + inside / PatchWidth;
        return values[((image * Channels + channel) * Height + line) * Width + ox * PatchWidth + inside % PatchWidth];
    }
}
