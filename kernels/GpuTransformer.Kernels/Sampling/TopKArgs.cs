using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The k largest of each row, largest first; among equals the smaller index first (PyTorch's argmax for k = 1).
/// Always returns indices in range; NaN counts as smaller than everything and is reported in <see cref="Status"/>.</summary>
public struct TopKArgs
{
    /// <summary>x, (rows, width).</summary>
    public RowView X;

    /// <summary>Columns; at least k.</summary>
    public int Width;

    /// <summary>How many; 1 is argmax.</summary>
    public int K;

    /// <summary>Indices, (rows, k), from <see cref="IndicesOffset"/> on.</summary>
    public ArrayView<int> Indices;

    /// <summary>Where the indices start in their view.</summary>
    public int IndicesOffset;

    /// <summary>Values, (rows, k), from <see cref="ValuesOffset"/> on.</summary>
    public ArrayView<float> Values;

    /// <summary>Where the values start in their view.</summary>
    public int ValuesOffset;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;

    /// <summary>Receives <c>row + 1</c> of a row that holds NaN (the largest such row), else left as it is.</summary>
    public ArrayView<int> Status;

    /// <summary>Which integer of <see cref="Status"/>.</summary>
    public int StatusSlot;
}
