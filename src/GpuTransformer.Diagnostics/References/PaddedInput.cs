using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.References;

/// <summary>An input matrix inside a larger buffer, NaN all around and between its rows: a kernel that uses what it
/// should not turns its result into NaN.</summary>
internal sealed class PaddedInput : IDisposable
{
    private const int Tail = 8;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _buffer;

    /// <param name="values">[rows * width], row-major.</param>
    /// <param name="offset">Where element (0, 0) is; odd ones rule 128-bit accesses out.</param>
    /// <param name="stride">Elements from one row to the next; 0: the width.</param>
    public PaddedInput(Accelerator accelerator, float[] values, int rows, int width, int offset = 0, int stride = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, rows * width);
        Values = values;
        stride = stride == 0 ? width : stride;
        var all = new float[offset + rows * stride + Tail];
        Array.Fill(all, float.NaN);
        for (var row = 0; row < rows; row++)
        {
            values.AsSpan(row * width, width).CopyTo(all.AsSpan(offset + row * stride));
        }

        _buffer = accelerator.Allocate1D(all);
        View = new RowView(_buffer.View, offset, stride);
    }

    public float[] Values { get; }

    public RowView View { get; }

    public void Dispose() => _buffer.Dispose();
}
