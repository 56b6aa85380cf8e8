using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>One geometry of a convolution, with its float64 reference.</summary>
internal sealed record ConvolutionCase(
    int Images, int Height, int Width, int Channels, int KernelHeight, int KernelWidth, int Stride, int PaddingHeight,
    int PaddingWidth, int Dilation = 1)
{
    /// <summary>The geometry, as reports show it.</summary>
    public string Name =>
        $"{Images}x{Height}x{Width}x{Channels} by {KernelHeight}x{KernelWidth}, stride {Stride}, padding {PaddingHeight}x{PaddingWidth}, dilation {Dilation}";

    public int OutHeight => UnfoldArgs.OutputSize(Height, KernelHeight, Stride, PaddingHeight, Dilation);

    public int OutWidth => UnfoldArgs.OutputSize(Width, KernelWidth, Stride, PaddingWidth, Dilation);

    public int Rows => Images * OutHeight * OutWidth;

    public int RowWidth => KernelHeight * KernelWidth * Channels;

    /// <summary>Shapes with 1, primes, kernels as large as the image, strides beyond the kernel, one dimension.</summary>
    public static IEnumerable<ConvolutionCase> All =>
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

    /// <summary>Arguments without their views; pixels adjacent in x, or planes.</summary>
    public UnfoldArgs Arguments(bool planes, int gap) => new()
    {
        ImageStride = Height * Width * Channels + gap,
        LineStride = planes ? Width : Width * Channels,
        ColumnStride = planes ? 1 : Channels,
        ChannelStride = planes ? Height * Width : 1,
        Channels = Channels,
        Height = Height,
        Width = Width,
        OutHeight = OutHeight,
        OutWidth = OutWidth,
        KernelHeight = KernelHeight,
        KernelWidth = KernelWidth,
        StrideHeight = Stride,
        StrideWidth = Stride,
        PaddingHeight = PaddingHeight,
        PaddingWidth = PaddingWidth,
        DilationHeight = Dilation,
        DilationWidth = Dilation,
    };

    /// <summary>Element (image, line, column, channel) of values whose channels are adjacent; 0 outside the image.</summary>
    public double At(float[] values, int image, int line, int column, int channel) =>
        line < 0 || line >= Height || column < 0 || column >= Width
            ? 0
            : values[((image * Height + line) * Width + column) * Channels + channel];

    /// <summary>The unfolded rows [first, first + count).</summary>
    public double[] Unfolded(float[] values, int first, int count)
    {
        var expected = new double[count * RowWidth];
        for (var i = 0; i < expected.Length; i++)
        {
            var (position, tap, channel) = (first + i / RowWidth, i % RowWidth / Channels, i % Channels);
            var (image, oy, ox) = (position / (OutHeight * OutWidth), position / OutWidth % OutHeight, position % OutWidth);
            var line = oy * Stride - PaddingHeight + tap / KernelWidth * Dilation;
            var column = ox * Stride - PaddingWidth + tap % KernelWidth * Dilation;
            expected[i] = At(values, image, line, column, channel);
        }

        return expected;
    }

    /// <summary>The convolution itself: each position's row times the weight (outputs, rowWidth).</summary>
    public double[] Convolved(float[] values, float[] weight, int outputs)
    {
        var unfolded = Unfolded(values, 0, Rows);
        var y = new double[Rows * outputs];
        Parallel.For(0, y.Length, i =>
        {
            var sum = 0.0;
            for (var k = 0; k < RowWidth; k++)
            {
                sum += unfolded[i / outputs * RowWidth + k] * weight[i % outputs * RowWidth + k];
            }

            y[i] = sum;
        });
        return y;
    }

    /// <summary>The same values as planes, [images, channels, height, width].</summary>
    public float[] Planes(float[] values)
    {
        var planes = new float[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var (image, pixel, channel) = (i / (Height * Width * Channels), i / Channels % (Height * Width), i % Channels);
            planes[(image * Channels + channel) * Height * Width + pixel] = values[i];
        }

        return planes;
    }
}
