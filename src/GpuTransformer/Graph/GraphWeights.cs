using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>A linear layer: its weight, packed for the device, and its bias. Named and sized when the model is declared,
/// filled when every weight was found. Parts that the checkpoint stores in different encodings are matrices of their own,
/// one under the other.</summary>
/// <param name="name">Name, as errors show it.</param>
/// <param name="inFeatures">Inputs.</param>
/// <param name="parts">Outputs of each matrix.</param>
internal sealed class LinearWeights(string name, int inFeatures, params int[] parts) : IDisposable
{
    private readonly PackedMatrix?[] _matrices = new PackedMatrix?[parts.Length];

    public string Name => name;

    public int InFeatures => inFeatures;

    public int OutFeatures { get; } = parts.Sum();

    /// <summary>Outputs of each matrix.</summary>
    public IReadOnlyList<int> Parts => parts;

    public IEnumerable<PackedMatrix> Matrices => parts.Select((_, part) => Matrix(part));

    public DeviceMemory<float>? Bias { get; private set; }

    public PackedMatrix Matrix(int part) => _matrices[part] ?? throw new InvalidOperationException($"{name} is not packed yet.");

    public void Fill(int part, PackedMatrix matrix) => _matrices[part] = matrix;

    public void Fill(PackedMatrix matrix, DeviceMemory<float>? bias)
    {
        Fill(0, matrix);
        FillBias(bias);
    }

    public void FillBias(DeviceMemory<float>? bias) => Bias = bias;

    public void Dispose()
    {
        foreach (var matrix in _matrices)
        {
            matrix?.Dispose();
        }

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
