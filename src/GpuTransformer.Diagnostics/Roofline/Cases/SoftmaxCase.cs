using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Softmax of rows.</summary>
internal sealed class SoftmaxCase : OperationCase
{
    private readonly int _rows;
    private readonly int _width;
    private readonly DeviceMemory<float> _y;

    public SoftmaxCase(BenchDevice device, int rows, int width)
        : base(device, "softmax", $"{rows}x{width}", new Work(0, 2.0 * sizeof(float) * rows * width, IsMemoryBound: true))
    {
        _rows = rows;
        _width = width;
        var x = Own(device.Random((long)rows * width, "x", 4f));
        _y = Own(device.Empty((long)rows * width, "y"));
        Bind(device.Kernels.Softmax.Bind(new SoftmaxArgs
        {
            X = RowView.Dense(x.View, width),
            Y = RowView.Dense(_y.View, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Scale = 1f,
            RowsPerInterval = 1,
            RowsPerMask = 1,
        }));
    }

    public override void Verify()
    {
        var y = ReadAll(Device, _y);
        for (var row = 0; row < _rows; row++)
        {
            var sum = 0.0;
            for (var column = 0; column < _width; column++)
            {
                sum += y[row * _width + column];
            }

            // Each weight is within a few units in the last place.
            ExpectNear($"the sum of row {row}", sum, 1, 2e-6);
        }
    }
}
