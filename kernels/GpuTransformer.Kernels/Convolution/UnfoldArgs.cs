using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Lays out what each position of a convolution sees as a row (im2col): y[r, (ky · kernelWidth + kx) · channels + c]
/// = x[image, oy · strideHeight - paddingHeight + ky · dilationHeight, ox · strideWidth - paddingWidth + kx ·
/// dilationWidth, c], 0 outside; row r is position (image, oy, ox) = firstRow + r. The matmul with the weight (out, ky, kx,
/// c) follows. A convolution over time has height 1.</summary>
public struct UnfoldArgs
{
    /// <summary>x, from <see cref="XOffset"/> on: element (image, line, column, channel) is at the four strides.</summary>
    public ArrayView<float> X;

    /// <summary>Where x starts in its view.</summary>
    public int XOffset;

    /// <summary>Elements from one image to the next.</summary>
    public int ImageStride;

    /// <summary>Elements from one line of pixels to the next.</summary>
    public int LineStride;

    /// <summary>Elements from one pixel to the next: the channels where they are adjacent, 1 where planes are.</summary>
    public int ColumnStride;

    /// <summary>Elements from one channel to the next: 1 where channels are adjacent, height · width where planes are.</summary>
    public int ChannelStride;

    /// <summary>y, (rows, kernelHeight · kernelWidth · channels).</summary>
    public RowView Y;

    /// <summary>Rows of y in use.</summary>
    public ActiveRows Rows;

    /// <summary>Which position of all images, counted (image, oy, ox), the first row is.</summary>
    public int FirstRow;

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

    /// <summary>Columns of y.</summary>
    public readonly int RowWidth => KernelHeight * KernelWidth * Channels;

    /// <summary>Positions along one axis: (size + 2 · padding - dilation · (kernel - 1) - 1) / stride + 1, or 0 where the
    /// kernel is larger than the padded image.</summary>
    public static int OutputSize(int size, int kernel, int stride, int padding, int dilation = 1)
    {
        var free = size + 2L * padding - (long)dilation * (kernel - 1) - 1;
        return free < 0 ? 0 : (int)(free / stride) + 1;
    }
}
