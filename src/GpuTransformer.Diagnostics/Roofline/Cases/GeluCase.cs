using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>GELU with the error function, element by element.</summary>
internal sealed class GeluCase : OperationCase
{
    private readonly int _rows;
    private readonly int _width;
    private readonly RowArrays _arrays;

    public GeluCase(BenchDevice device, int rows, int width, RowArrays arrays)
        : base(device, "GELU", $"{rows}x{width}", new Work(0, 2.0 * sizeof(float) * rows * width, IsMemoryBound: true))
    {
        _rows = rows;
        _width = width;
        _arrays = arrays;
        Bind(device.Kernels.Activation.Bind(new ActivationArgs
        {
            X = RowView.Dense(arrays.X.View, width),
            Y = RowView.Dense(arrays.Y.View, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Activation = (int)ActivationKind.GeluErf,
        }));
    }

    public override void Verify()
    {
        foreach (var row in SampleRows(_rows))
        {
            var (x, y) = (ReadRow(_arrays.X, row, _width), ReadRow(_arrays.Y, row, _width));
            for (var column = 0; column < _width; column++)
            {
                // Values up to 3: a few units in the last place of 2.
                ExpectNear($"y[{row}, {column}]", y[column], x[column] * NormalDistribution(x[column]), 1e-6);
            }
        }
    }

    /// <summary>Φ(x) by its Taylor series, x · φ(x) · Σ x²ⁿ / (1 · 3 · … · (2n + 1)) + 1/2: all terms of one sign.</summary>
    private static double NormalDistribution(double x)
    {
        var (term, sum) = (x, x);
        for (var n = 1; n < 60; n++)
        {
            term *= x * x / (2 * n + 1);
            sum += term;
        }

        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
