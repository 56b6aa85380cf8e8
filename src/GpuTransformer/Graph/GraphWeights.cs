using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>A linear layer: its weight, packed for the device, and its bias. Named and sized when the model is declared,
/// filled when every weight was found.</summary>
internal sealed class LinearWeights(string name, int inFeatures, int outFeatures) : IDisposable
{
    private PackedMatrix? _matrix;

    public string Name => name;

    public int InFeatures => inFeatures;

    public int OutFeatures => outFeatures;

    public PackedMatrix Matrix => _matrix ?? throw new InvalidOperationException($"{name} is not packed yet.");

    public DeviceMemory<float>? Bias { get; private set; }

    public void Fill(PackedMatrix matrix, DeviceMemory<float>? bias)
    {
        _matrix = matrix;
        Bias = bias;
    }

    public void Dispose()
    {
        _matrix?.Dispose();
        Bias?.Dispose();
    }
}

/// <summary>A normalization: weight and bias, each (width); without a bias where the norm has none.</summary>
/// <param name="name">Name, as errors show it.</param>
/// <param name="width">Elements.</param>
/// <param name="epsilon">Added under the root.</param>
/// <param name="weightShift">Added to each weight: 1 for Gemma's norm.</param>
internal sealed class NormWeights(string name, int width, float epsilon, float weightShift = 0f) : IDisposable
{
    private DeviceMemory<float>? _weight;

    public string Name => name;

    public int Width => width;

    public float Epsilon => epsilon;

    public float WeightShift => weightShift;

    public DeviceMemory<float> Weight => _weight ?? throw new InvalidOperationException($"{name} is not filled yet.");

    public DeviceMemory<float>? Bias { get; private set; }

    public void Fill(DeviceMemory<float> weight, DeviceMemory<float>? bias)
    {
        _weight = weight;
        Bias = bias;
    }

    public void Dispose()
    {
        _weight?.Dispose();
        Bias?.Dispose();
    }
}
