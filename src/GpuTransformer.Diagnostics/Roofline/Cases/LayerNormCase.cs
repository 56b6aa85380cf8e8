using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>LayerNorm of rows with weight and bias.</summary>
internal sealed class LayerNormCase : OperationCase
{
    private readonly int _rows;
    private readonly int _width;
    private readonly DeviceMemory<float> _y;

    public LayerNormCase(BenchDevice device, int rows, int width)
        : base(device, "LayerNorm", $"{rows}x{width}", new Work(0, 2.0 * sizeof(float) * rows * width, IsMemoryBound: true))
    {
        _rows = rows;
        _width = width;
        var x = Own(device.Random((long)rows * width, "x", 3f));
        var weight = new float[width];
        Array.Fill(weight, 1f);
        _y = Own(device.Empty((long)rows * width, "y"));
        Bind(device.Kernels.LayerNorm.Bind(new NormArgs
        {
            X = RowView.Dense(x.View, width),
            Y = RowView.Dense(_y.View, width),
            Weight = Own(device.Filled(weight, "weight")).View,
            Bias = Own(device.Empty(width, "bias")).View,
            HasBias = 1,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = 1e-5f,
        }));
    }

    public override void Verify()
    {
        var y = ReadAll(Device, _y);
        for (var row = 0; row < _rows; row++)
        {
            var (sum, squares) = (0.0, 0.0);
            for (var column = 0; column < _width; column++)
            {
                var value = y[row * _width + column];
                sum += value;
                squares += value * value;
            }

            // The weights are 1, so the mean is 0 and the variance 1, less what epsilon takes.
            ExpectNear($"the mean of row {row}", sum / _width, 0, 1e-5);
            ExpectNear($"the variance of row {row}", squares / _width, 1, 1e-4);
        }
    }
}
