using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>LayerNorm of rows with weight and bias, or RMSNorm with weight.</summary>
internal sealed class NormCase : OperationCase
{
    private const float Epsilon = 1e-5f;
    private readonly bool _isRms;
    private readonly int _rows;
    private readonly int _width;
    private readonly RowArrays _arrays;

    /// <param name="device">Where.</param>
    /// <param name="isRms">RMSNorm, else LayerNorm.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="arrays">Memory to use the beginning of; null: its own.</param>
    public NormCase(BenchDevice device, bool isRms, int rows, int width, RowArrays? arrays = null)
        : base(
            device, isRms ? "RMSNorm" : "LayerNorm", $"{rows}x{width}",
            new Work(0, 2.0 * sizeof(float) * rows * width, IsMemoryBound: true))
    {
        _isRms = isRms;
        _rows = rows;
        _width = width;
        _arrays = arrays ?? Own(new RowArrays(device, (long)rows * width));
        var ones = new float[width];
        Array.Fill(ones, 1f);
        var args = new NormArgs
        {
            X = RowView.Dense(_arrays.X.View, width),
            Y = RowView.Dense(_arrays.Y.View, width),
            Weight = Own(device.Filled(ones, "weight")).View,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = Epsilon,
        };
        if (!isRms)
        {
            args.Bias = Own(device.Empty(width, "bias")).View;
            args.HasBias = 1;
        }

        Bind(isRms ? device.Kernels.RmsNorm.Bind(args) : device.Kernels.LayerNorm.Bind(args));
    }

    public override void Verify()
    {
        foreach (var row in SampleRows(_rows))
        {
            var (x, y) = (ReadRow(_arrays.X, row, _width), ReadRow(_arrays.Y, row, _width));
            var mean = _isRms ? 0 : x.Average(value => (double)value);
            var scale = 1 / Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + Epsilon);
            for (var column = 0; column < _width; column++)
            {
                // Values of about 1, and sums of some hundred terms that are right to 1e-6 of themselves.
                ExpectNear($"y[{row}, {column}]", y[column], (x[column] - mean) * scale, 1e-5);
            }
        }
    }
}
