using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>y = a + b, element by element; y may be a or b.</summary>
public struct AddArgs
{
    /// <summary>a, (rows, width).</summary>
    public RowView A;

    /// <summary>b, (rows, width).</summary>
    public RowView B;

    /// <summary>y, (rows, width).</summary>
    public RowView Y;

    /// <summary>Columns.</summary>
    public int Width;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;
}

/// <summary>y[r] = [a[r], b[r]]: columns side by side.</summary>
public struct ConcatArgs
{
    /// <summary>a, (rows, widthA).</summary>
    public RowView A;

    /// <summary>b, (rows, widthB).</summary>
    public RowView B;

    /// <summary>y, (rows, widthA + widthB).</summary>
    public RowView Y;

    /// <summary>Columns of a.</summary>
    public int WidthA;

    /// <summary>Columns of b.</summary>
    public int WidthB;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;
}

/// <summary>y[b, j, i] = x[b, i, j].</summary>
public struct TransposeArgs
{
    /// <summary>x, (batch · rows, columns).</summary>
    public RowView X;

    /// <summary>y, (batch · columns, rows).</summary>
    public RowView Y;

    /// <summary>Matrices.</summary>
    public int Batch;

    /// <summary>Rows of each x.</summary>
    public int Rows;

    /// <summary>Columns of each x.</summary>
    public int Columns;
}

/// <summary>y[r] = x[indices[r]]. Every index is guarded: one outside is read as row 0 and reported in
/// <see cref="Status"/>.</summary>
public struct GatherArgs
{
    /// <summary>x, (sourceRows, width).</summary>
    public RowView X;

    /// <summary>Rows of x.</summary>
    public int SourceRows;

    /// <summary>Which row of x, one a row of y, from <see cref="IndicesOffset"/> on.</summary>
    public ArrayView<int> Indices;

    /// <summary>Where the indices start in their view.</summary>
    public int IndicesOffset;

    /// <summary>y, (rows, width).</summary>
    public RowView Y;

    /// <summary>Columns.</summary>
    public int Width;

    /// <summary>Rows of y in use.</summary>
    public ActiveRows Rows;

    /// <summary>Receives <c>row + 1</c> of an index outside (the largest such row), else left as it is.</summary>
    public ArrayView<int> Status;

    /// <summary>Which integer of <see cref="Status"/>.</summary>
    public int StatusSlot;
}
