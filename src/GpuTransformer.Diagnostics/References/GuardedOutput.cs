using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.References;

/// <summary>An output that starts as NaN, with guard zones on both sides: a missed write stays NaN, an overrun shows.</summary>
internal sealed class GuardedOutput : IGuardedMemory
{
    private const int Tail = 64;
    private const float GuardValue = 12345.678f;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _buffer;
    private readonly int _rows;
    private readonly int _width;
    private readonly int _offset;
    private readonly float[] _start;

    /// <param name="stride">Elements from one row to the next, at least the width; the gap is guarded too.</param>
    /// <param name="offset">Where element (0, 0) is; odd ones rule 128-bit accesses out.</param>
    public GuardedOutput(Accelerator accelerator, int rows, int width, int stride = 0, int offset = 64)
    {
        _offset = offset;
        _rows = rows;
        _width = width;
        Stride = stride == 0 ? width : stride;
        _start = new float[offset + rows * Stride + Tail];
        Array.Fill(_start, GuardValue);
        for (var r = 0; r < rows; r++)
        {
            _start.AsSpan(offset + r * Stride, width).Fill(float.NaN);
        }

        _buffer = accelerator.Allocate1D(_start);
    }

    public int Stride { get; }

    /// <summary>What it holds instead of NaN, [rows * width], where the kernel changes a part only.</summary>
    public float[]? Start
    {
        get;
        init
        {
            field = value;
            for (var r = 0; value is not null && r < _rows; r++)
            {
                value.AsSpan(r * _width, _width).CopyTo(_start.AsSpan(_offset + r * Stride));
            }

            Poison();
        }
    }

    public RowView View => new(_buffer.View, _offset, Stride);

    public void Poison() => _buffer.CopyFromCPU(_start);

    public float[] Read(out string? damage)
    {
        var all = _buffer.GetAsArray1D();
        var values = new float[_rows * _width];
        damage = null;
        for (var i = 0; i < all.Length; i++)
        {
            var row = (i - _offset) / Stride;
            var column = (i - _offset) % Stride;
            if (i >= _offset && row < _rows && column < _width)
            {
                values[row * _width + column] = all[i];
            }
            else if (all[i] != GuardValue)
            {
                damage ??= $"guard overwritten at {i - _offset} (row {row}, column {column}): {all[i]}";
            }
        }

        return values;
    }

    public void Dispose() => _buffer.Dispose();
}
