using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Copies whole pages of one layer: where a sequence goes on from a page that another still reads.</summary>
public struct PageCopyArgs
{
    /// <summary>Keys of the layer, pages one after another.</summary>
    public ArrayView<float> Keys;

    /// <summary>Values of the layer, pages one after another.</summary>
    public ArrayView<float> Values;

    /// <summary>Two integers a copy: the page that is read, the page that is written. No page that is written is read or
    /// written by another copy; a copy with a page outside the views is passed over.</summary>
    public ArrayView<int> CopyTable;

    /// <summary>Pages that the views hold.</summary>
    public int Pages;

    /// <summary>Elements of a page, of keys and of values: numKvHeads · headDim · 16.</summary>
    public int PageElements;

    /// <summary>Copies in use.</summary>
    public ActiveRows Copies;
}
