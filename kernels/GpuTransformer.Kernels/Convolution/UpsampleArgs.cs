namespace GpuTransformer.Kernels;

/// <summary>Resizes images to the nearest pixel and adds others: y[map, oy, ox, c] = x[map, ⌊oy · scaleHeight⌋, ⌊ox ·
/// scaleWidth⌋, c] + added[map / repeat, oy, ox, c].</summary>
public struct UpsampleArgs
{
    /// <summary>x, (maps · height · width, channels).</summary>
    public RowView X;

    /// <summary>added, (maps / repeat · outHeight · outWidth, channels); read where <see cref="HasAdded"/> is not 0.</summary>
    public RowView Added;

    /// <summary>1: add.</summary>
    public int HasAdded;

    /// <summary>y, (maps · outHeight · outWidth, channels).</summary>
    public RowView Y;

    /// <summary>Rows of y in use.</summary>
    public ActiveRows Rows;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>Lines of x.</summary>
    public int Height;

    /// <summary>Pixels of a line of x.</summary>
    public int Width;

    /// <summary>Lines of y.</summary>
    public int OutHeight;

    /// <summary>Pixels of a line of y.</summary>
    public int OutWidth;

    /// <summary>Maps that follow each other and share one image of <see cref="Added"/>.</summary>
    public int Repeat;

    /// <summary>height / outHeight in float32, as PyTorch's interpolate has it.</summary>
    public float ScaleHeight;

    /// <summary>width / outWidth in float32.</summary>
    public float ScaleWidth;

    /// <summary>The pixel of the source that is nearest, as PyTorch's "nearest" takes it: ⌊index · scale⌋ in float32.</summary>
    public static int Nearest(int index, float scale, int size)
    {
        var source = (int)(index * scale);
        return source < size ? source : size - 1;
    }
}
