using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Softmax of rows.</summary>
internal sealed class SoftmaxCase : OperationCase
{
    private readonly int _rows;
    private readonly int _width;
    private readonly RowArrays _arrays;

    /// <param name="device">Where.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="arrays">Memory to use the beginning of; null: its own.</param>
    public SoftmaxCase(BenchDevice device, int rows, int width, RowArrays? arrays = null)
        : base(device, "softmax", $"{rows}x{width}", new Work(0, 2.0 * sizeof(float) * rows * width, IsMemoryBound: true))
    {
        _rows = rows;
        _width = width;
        _arrays = arrays ?? Own(new RowArrays(device, (long)rows * width));
        Bind(device.Kernels.Softmax.Bind(new SoftmaxArgs
        {
            X = RowView.Dense(_arrays.X.View, width),
            Y = RowView.Dense(_arrays.Y.View, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Scale = 1f,
            RowsPerInterval = 1,
            RowsPerMask = 1,
        }));
    }

    public override void Verify()
    {
        foreach (var row in SampleRows(_rows))
        {
            var (x, y) = (ReadRow(_arrays.X, row, _width), ReadRow(_arrays.Y, row, _width));
            var total = x.Sum(value => Math.Exp(value));
            for (var column = 0; column < _width; column++)
            {
                // Each weight is within a few units in the last place.
                var expected = Math.Exp(x[column]) / total;
                ExpectNear($"y[{row}, {column}]", y[column], expected, 2e-6 * expected);
            }
        }
    }
}
