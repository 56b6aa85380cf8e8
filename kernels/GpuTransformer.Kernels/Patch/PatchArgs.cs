using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Cuts images into patches: y[b · patches + p, (c · patchHeight + i) · patchWidth + j] =
/// pixels[b, c, row(p) · patchHeight + i, column(p) · patchWidth + j]; the matmul with the flattened convolution weight
/// follows (Dosovitskiy et al. 2020, arXiv:2010.11929).</summary>
public struct PatchArgs
{
    /// <summary>pixels, [batch, channels, height, width], contiguous, from <see cref="PixelsOffset"/> on.</summary>
    public ArrayView<float> Pixels;

    /// <summary>Where the pixels start in their view.</summary>
    public int PixelsOffset;

    /// <summary>y, (batch · patches, channels · patchHeight · patchWidth).</summary>
    public RowView Y;

    /// <summary>Images in use.</summary>
    public ActiveRows Images;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>Rows of pixels; a multiple of the patch height.</summary>
    public int Height;

    /// <summary>Columns of pixels; a multiple of the patch width.</summary>
    public int Width;

    /// <summary>Rows of a patch.</summary>
    public int PatchHeight;

    /// <summary>Columns of a patch.</summary>
    public int PatchWidth;
}

/// <summary>Puts class tokens before the patches and adds positions: row b · (prefix + patches) + t of y is
/// (t &lt; prefix ? tokens[t] : patches[b · patches + t - prefix]) + positions[t].</summary>
public struct TokenAssemblyArgs
{
    /// <summary>Patch rows, (batch · patches, width).</summary>
    public RowView Patches;

    /// <summary>Prefix tokens, (prefix, width).</summary>
    public RowView Tokens;

    /// <summary>Positions, (prefix + patches, width).</summary>
    public RowView Positions;

    /// <summary>y, (batch · (prefix + patches), width).</summary>
    public RowView Y;

    /// <summary>Images in use.</summary>
    public ActiveRows Images;

    /// <summary>Patches of an image.</summary>
    public int PatchCount;

    /// <summary>Prefix tokens of an image.</summary>
    public int PrefixCount;

    /// <summary>Columns.</summary>
    public int Width;
}
