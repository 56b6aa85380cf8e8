using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>GELU by tanh, element by element.</summary>
internal sealed class GeluTanhCase : OperationCase
{
    private readonly int _rows;
    private readonly int _width;
    private readonly RowArrays _arrays;

    public GeluTanhCase(BenchDevice device, int rows, int width)
        : base(device, "GELU tanh", $"{rows}x{width}", new Work(0, 2.0 * sizeof(float) * rows * width, IsMemoryBound: true))
    {
        (_rows, _width) = (rows, width);
        _arrays = Own(new RowArrays(device, (long)rows * width));
        Bind(device.Kernels.Activation.Bind(new ActivationArgs
        {
            X = RowView.Dense(_arrays.X.View, width),
            Y = RowView.Dense(_arrays.Y.View, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Activation = (int)ActivationKind.GeluTanh,
        }));
    }

    public override void Verify()
    {
        foreach (var row in SampleRows(_rows))
        {
            var (x, y) = (ReadRow(_arrays.X, row, _width), ReadRow(_arrays.Y, row, _width));
            for (var column = 0; column < _width; column++)
            {
                double v = x[column];
                var expected = v / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
                ExpectNear($"y[{row}, {column}]", y[column], expected, 2e-6);
            }
        }
    }
}

/// <summary>LayerNorm of a sum of two.</summary>
internal sealed class SkipNormCase : OperationCase
{
    private const float Epsilon = 1e-5f;
    private readonly int _rows;
    private readonly int _width;
    private readonly RowArrays _arrays;
    private readonly Graph.DeviceMemory<float> _skip;

    public SkipNormCase(BenchDevice device, int rows, int width)
        : base(device, "skip + LayerNorm", $"{rows}x{width}", new Work(0, 3.0 * sizeof(float) * rows * width, IsMemoryBound: true))
    {
        (_rows, _width) = (rows, width);
        _arrays = Own(new RowArrays(device, (long)rows * width));
        _skip = Own(device.Random((long)rows * width, "skip"));
        var ones = new float[width];
        Array.Fill(ones, 1f);
        Bind(device.Kernels.LayerNorm.Bind(new NormArgs
        {
            X = RowView.Dense(_arrays.X.View, width),
            Residual = RowView.Dense(_skip.View, width),
            HasResidual = 1,
            Y = RowView.Dense(_arrays.Y.View, width),
            Weight = Own(device.Filled(ones, "weight")).View,
            Bias = Own(device.Empty(width, "bias")).View,
            HasBias = 1,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = Epsilon,
        }));
    }

    public override void Verify()
    {
        foreach (var row in SampleRows(_rows))
        {
            var (x, skip, y) = (ReadRow(_arrays.X, row, _width), ReadRow(_skip, row, _width), ReadRow(_arrays.Y, row, _width));
            var sums = x.Zip(skip, (a, b) => (double)a + b).ToArray();
            var mean = sums.Average();
            var scale = 1 / Math.Sqrt(sums.Average(value => (value - mean) * (value - mean)) + Epsilon);
            for (var column = 0; column < _width; column++)
            {
                ExpectNear($"y[{row}, {column}]", y[column], (sums[column] - mean) * scale, 1e-5);
            }
        }
    }
}
