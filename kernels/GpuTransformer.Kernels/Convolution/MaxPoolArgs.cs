namespace GpuTransformer.Kernels;

/// <summary>y[image, oy, ox, c] = the largest of x[image, oy · stride - padding + ky, ox · stride - padding + kx, c] over the
/// kernel's (ky, kx) inside the image; NaN where one of them is.</summary>
public struct MaxPoolArgs
{
    /// <summary>x, (images · height · width, channels).</summary>
    public RowView X;

    /// <summary>y, (images · outHeight · outWidth, channels).</summary>
    public RowView Y;

    /// <summary>Rows of y in use.</summary>
    public ActiveRows Rows;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>Lines of an image.</summary>
    public int Height;

    /// <summary>Pixels of a line.</summary>
    public int Width;

    /// <summary>Lines of the result.</summary>
    public int OutHeight;

    /// <summary>Pixels of a line of the result.</summary>
    public int OutWidth;

    /// <summary>Lines and columns of the kernel.</summary>
    public int Kernel;

    /// <summary>Pixels from one position to the next, both ways.</summary>
    public int Stride;

    /// <summary>Pixels around each image that never win; at most half of the kernel.</summary>
    public int Padding;
}
