using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A linear layer with its float64 reference and its packed form.</summary>
internal sealed class LinearReference : IDisposable
{
    private readonly float[] _weight;
    private readonly float[] _bias;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _biasBuffer;

    public LinearReference(TestDevice device, int outputs, int inputs, int seed, bool bias = true)
    {
        (Outputs, Inputs) = (outputs, inputs);
        _weight = Data.Normal(outputs * inputs, seed);
        for (var i = 0; i < _weight.Length; i++)
        {
            _weight[i] /= MathF.Sqrt(inputs);
        }

        _bias = bias ? Data.Normal(outputs, seed + 1) : new float[outputs];
        _biasBuffer = device.Upload(_bias);
        Packed = new PackedLinear(
            PackedMatrix.Create(device.Kernels, Rows), bias ? _biasBuffer.View : ArrayView<float>.Empty);
    }

    public int Outputs { get; }

    public int Inputs { get; }

    public PackedLinear Packed { get; }

    public WeightRows Rows => WeightRows.Of(_weight, Outputs, Inputs);

    public ReadOnlySpan<float> Bias => _bias;

    /// <summary>x · weightᵀ + bias.</summary>
    public double[] Apply(double[] x)
    {
        var rows = x.Length / Inputs;
        var y = new double[rows * Outputs];
        for (var i = 0; i < y.Length; i++)
        {
            var (row, n) = (i / Outputs, i % Outputs);
            y[i] = _bias[n] + MatMulReference.Dot(x.AsSpan(row * Inputs, Inputs), _weight.AsSpan(n * Inputs, Inputs));
        }

        return y;
    }

    public void Dispose()
    {
        Packed.Weight.Dispose();
        _biasBuffer.Dispose();
    }
}
