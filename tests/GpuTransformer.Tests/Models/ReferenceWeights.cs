using GpuTransformer.Weights;

namespace GpuTransformer.Tests.Models;

/// <summary>Weights of a float64 reference: those of a folder, or random ones that are made when they are first asked for
/// and can then be saved, so that a model finds just the names and shapes that the reference knows.</summary>
internal sealed class ReferenceWeights
{
    private readonly Dictionary<string, (float[] Values, long[] Shape)> _tensors = [];
    private readonly Random? _random;

    /// <summary>Random weights.</summary>
    public ReferenceWeights(int seed) => _random = new Random(seed);

    /// <summary>The weights of a folder.</summary>
    public ReferenceWeights(string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        foreach (var (name, info) in file.Tensors)
        {
            _tensors.Add(name, (file.ReadFloat32(name), info.Shape));
        }
    }

    /// <summary>A tensor, normal with the variance of one over its inputs, or uniform around <paramref name="center"/>.</summary>
    public double[] this[string name, double? center, params long[] shape]
    {
        get
        {
            if (!_tensors.TryGetValue(name, out var tensor))
            {
                if (_random is null)
                {
                    throw new KeyNotFoundException(name);
                }

                var inputs = shape.Skip(1).Aggregate(1L, (a, b) => a * b);
                var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = center is { } c
                        ? (float)(c + _random.NextDouble() - 0.5)
                        : (float)((_random.NextDouble() - 0.5) * 2 * Math.Sqrt(3.0 / inputs));
                }

                tensor = (values, shape);
                _tensors.Add(name, tensor);
            }

            return tensor.Shape.SequenceEqual(shape)
                ? [.. tensor.Values.Select(v => (double)v)]
                : throw new InvalidDataException($"{name} is [{string.Join(", ", tensor.Shape)}]");
        }
    }

    /// <summary>Writes what was asked for as model.safetensors.</summary>
    public void Save(string folder)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, (values, shape)) in _tensors)
        {
            writer.Add(name, values, shape);
        }

        writer.Save(Path.Combine(folder, "model.safetensors"));
    }
}
