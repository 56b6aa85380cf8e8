using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>y[r] = softmax(scale · x[r] + mask[r]) over the columns [begin, end) of the row; columns outside are 0, and
/// so is a row with nothing in it. y may be x.</summary>
public struct SoftmaxArgs
{
    /// <summary>x, (rows, width).</summary>
    public RowView X;

    /// <summary>y, (rows, width).</summary>
    public RowView Y;

    /// <summary>Columns.</summary>
    public int Width;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;

    /// <summary>Factor on x before the mask is added.</summary>
    public float Scale;

    /// <summary>Two integers an interval, [begin, end); interval <c>row / RowsPerInterval</c> belongs to the row.
    /// Read where <see cref="HasIntervals"/> is not 0; bounds are clamped to [0, width].</summary>
    public ArrayView<int> Intervals;

    /// <summary>1: the intervals are read.</summary>
    public int HasIntervals;

    /// <summary>Consecutive rows that share an interval, at least 1.</summary>
    public int RowsPerInterval;

    /// <summary>Additive mask, (ceil(rows / RowsPerMask), width); -infinity masks. Read where <see cref="HasMask"/> is not 0.</summary>
    public RowView Mask;

    /// <summary>1: the mask is added.</summary>
    public int HasMask;

    /// <summary>Consecutive rows that share a row of the mask, at least 1.</summary>
    public int RowsPerMask;
}
