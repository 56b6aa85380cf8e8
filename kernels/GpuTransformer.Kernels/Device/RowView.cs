using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>A row-major matrix of float32 inside a view: element (row, column) is at
/// <c>Offset + row * Stride + column</c>. The offset stands beside the view because ILGPU takes the start of a kernel
/// argument to be 256-byte aligned.</summary>
public struct RowView
{
    /// <summary>The memory, in float32 elements.</summary>
    public ArrayView<float> Data;

    /// <summary>Where element (0, 0) is, in elements.</summary>
    public int Offset;

    /// <summary>Elements from one row to the next.</summary>
    public int Stride;

    /// <summary>Names the matrix that starts at <paramref name="offset"/> with rows <paramref name="stride"/> apart.</summary>
    public RowView(ArrayView<float> data, int offset, int stride)
    {
        Data = data;
        Offset = offset;
        Stride = stride;
    }

    /// <summary>A contiguous matrix of <paramref name="width"/> columns that fills <paramref name="data"/>.</summary>
    public static RowView Dense(ArrayView<float> data, int width) => new(data, 0, width);

    /// <summary>Reads or writes one element, inside a kernel.</summary>
    public readonly ref float this[int row, int column] => ref Data[Offset + row * Stride + column];
}
