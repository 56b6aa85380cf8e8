using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Where images lie and what each position of a convolution sees of them: position (image, oy, ox) sees at
/// (ky, kx, c) the element (image, oy · strideHeight - paddingHeight + ky · dilationHeight, ox · strideWidth - paddingWidth
/// + kx · dilationWidth, c), 0 outside. A convolution over time has height 1.</summary>
public struct ConvolutionGeometry
{
    /// <summary>Elements from one image to the next.</summary>
    public int ImageStride;

    /// <summary>Elements from one line of pixels to the next.</summary>
    public int LineStride;

    /// <summary>Elements from one pixel to the next: the channels where they are adjacent, 1 where planes are.</summary>
    public int ColumnStride;

    /// <summary>Elements from one channel to the next: 1 where channels are adjacent, height · width where planes are.</summary>
    public int ChannelStride;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>Lines of an image.</summary>
    public int Height;

    /// <summary>Pixels of a line.</summary>
    public int Width;

    /// <summary>Lines of the result.</summary>
    public int OutHeight;

    /// <summary>Positions of a line of the result.</summary>
    public int OutWidth;

    /// <summary>Lines of the kernel.</summary>
    public int KernelHeight;

    /// <summary>Columns of the kernel.</summary>
    public int KernelWidth;

    /// <summary>Lines from one position to the next.</summary>
    public int StrideHeight;

    /// <summary>Columns from one position to the next.</summary>
    public int StrideWidth;

    /// <summary>Lines of zeros above and below.</summary>
    public int PaddingHeight;

    /// <summary>Columns of zeros on both sides.</summary>
    public int PaddingWidth;

    /// <summary>Lines from one line of the kernel to the next.</summary>
    public int DilationHeight;

    /// <summary>Columns from one column of the kernel to the next.</summary>
    public int DilationWidth;

    /// <summary>What one position sees: the length of each sum.</summary>
    public readonly int RowWidth => KernelHeight * KernelWidth * Channels;

    /// <summary>Positions of an image.</summary>
    public readonly int Positions => OutHeight * OutWidth;

    /// <summary>Contiguous images whose channels are adjacent, [images, height, width, channels], under a square kernel.</summary>
    /// <param name="height">Lines of an image.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="kernel">Lines and columns of the kernel.</param>
    /// <param name="stride">Pixels from one position to the next, both ways.</param>
    /// <param name="padding">Zeros around each image.</param>
    /// <param name="dilation">Pixels from one tap of the kernel to the next.</param>
    public static ConvolutionGeometry Square(
        int height, int width, int channels, int kernel, int stride = 1, int padding = 0, int dilation = 1) => new()
        {
            ImageStride = height * width * channels,
            LineStride = width * channels,
            ColumnStride = channels,
            ChannelStride = 1,
            Channels = channels,
            Height = height,
            Width = width,
            OutHeight = OutputSize(height, kernel, Math.Max(1, stride), padding, dilation),
            OutWidth = OutputSize(width, kernel, Math.Max(1, stride), padding, dilation),
            KernelHeight = kernel,
            KernelWidth = kernel,
            StrideHeight = stride,
            StrideWidth = stride,
            PaddingHeight = padding,
            PaddingWidth = padding,
            DilationHeight = dilation,
            DilationWidth = dilation,
        };

    /// <summary>Planes [images, channels, height, width] cut into patches (Dosovitskiy et al. 2020, arXiv:2010.11929): a
    /// kernel as large as its stride. A line of a patch lies in one piece and stands for a pixel, its elements for the
    /// channels; the lines of a patch are the kernel's columns and the planes its lines. So the weight is (outputs,
    /// channels, patchHeight, patchWidth) as checkpoints store it, and each tap is one run of memory. What fills no patch at
    /// the right and the lower edge is not seen.</summary>
    /// <param name="channels">Planes of an image.</param>
    /// <param name="height">Lines of an image.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="patchHeight">Lines of a patch, at most <paramref name="height"/>.</param>
    /// <param name="patchWidth">Pixels of a patch's line, at most <paramref name="width"/>.</param>
    /// <exception cref="ShapeException">An image holds no patch, or more elements than a view.</exception>
    public static ConvolutionGeometry Patches(int channels, int height, int width, int patchHeight, int patchWidth)
    {
        const string Name = "patches";
        ShapeCheck.AtLeast(Name, "channels", channels, 1);
        ShapeCheck.AtLeast(Name, "width", width, 1);
        ShapeCheck.Between(Name, "patchHeight", patchHeight, 1, height);
        ShapeCheck.Between(Name, "patchWidth", patchWidth, 1, width);
        ShapeCheck.Between(Name, "height · width", (long)height * width, 1, int.MaxValue / channels);

        // The largest step that leads to each patch and to each of its lines: 128-bit loads where it is a multiple of four.
        var step = CommonDivisor(width, patchWidth);
        return new()
        {
            ImageStride = channels * height * width,
            LineStride = width,
            ColumnStride = step,
            ChannelStride = 1,
            Channels = patchWidth,
            Height = channels * height - patchHeight + 1,
            Width = (width * patchHeight - patchWidth) / step + 1,
            OutHeight = height / patchHeight,
            OutWidth = width / patchWidth,
            KernelHeight = channels,
            KernelWidth = patchHeight,
            StrideHeight = patchHeight,
            StrideWidth = patchWidth / step,
            DilationHeight = height,
            DilationWidth = width / step,
        };
    }

    /// <summary>Positions along one axis: (size + 2 · padding - dilation · (kernel - 1) - 1) / stride + 1, or 0 where the
    /// kernel is larger than the padded image.</summary>
    public static int OutputSize(int size, int kernel, int stride, int padding, int dilation = 1)
    {
        var free = size + 2L * padding - (long)dilation * (kernel - 1) - 1;
        return free < 0 ? 0 : (int)(free / stride) + 1;
    }

    /// <summary>Refuses sizes that do not fit each other, and an x that does not hold what <paramref name="positions"/>
    /// positions see from <paramref name="offset"/> on.</summary>
    internal readonly void Check(string name, ArrayView<float> x, int offset, int positions)
    {
        ShapeCheck.Width(name, Width);
        ShapeCheck.AtLeast(name, "height", Height, 1);
        ShapeCheck.AtLeast(name, "channels", Channels, 1);
        Axis(name, "Height", Height, KernelHeight, StrideHeight, PaddingHeight, DilationHeight, OutHeight);
        Axis(name, "Width", Width, KernelWidth, StrideWidth, PaddingWidth, DilationWidth, OutWidth);
        ShapeCheck.Between(name, "kernelWidth", KernelWidth, 1, int.MaxValue / KernelHeight);
        ShapeCheck.Between(name, "kernelHeight · kernelWidth", KernelHeight * KernelWidth, 1, (int.MaxValue - 8192) / Channels);
        ShapeCheck.Between(name, "outHeight", OutHeight, 1, int.MaxValue / OutWidth);
        foreach (var stride in (ReadOnlySpan<int>)[ImageStride, LineStride, ColumnStride, ChannelStride])
        {
            ShapeCheck.AtLeast(name, "each stride of x", stride, 0);
        }

        if (positions > 0)
        {
            ShapeCheck.Elements(
                name, "x", x, offset,
                1 + (long)((positions - 1) / Positions) * ImageStride + (Height - 1L) * LineStride
                + (Width - 1L) * ColumnStride + (Channels - 1L) * ChannelStride);
        }
    }

    /// <summary>Four channels side by side belong to one pixel and start at a multiple of 16 bytes, where the images do.</summary>
    internal readonly bool IsAligned =>
        ChannelStride == 1 && ((Channels | ImageStride | LineStride | ColumnStride) & 3) == 0;

    /// <summary>The greatest, by Euclid's algorithm.</summary>
    private static int CommonDivisor(int a, int b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }

    private static void Axis(string name, string axis, int size, int kernel, int stride, int padding, int dilation, int found)
    {
        ShapeCheck.AtLeast(name, $"kernel{axis}", kernel, 1);
        ShapeCheck.AtLeast(name, $"stride{axis}", stride, 1);
        ShapeCheck.AtLeast(name, $"dilation{axis}", dilation, 1);
        ShapeCheck.Between(name, $"padding{axis}", padding, 0, 1 << 20);
        var expected = OutputSize(size, kernel, stride, padding, dilation);
        if (expected < 1 || found != expected)
        {
            throw new ShapeException($"{name}: out{axis} must be {expected} and at least 1, found {found}.");
        }
    }
}
