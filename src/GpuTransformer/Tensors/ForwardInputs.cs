using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer;

/// <summary>The named tensors that a model is run on. Names are Hugging Face's; each must be one that the model knows.</summary>
public sealed class ForwardInputs
{
    private readonly Dictionary<string, HostTensor> _tensors = [];

    /// <summary>Takes the tensors.</summary>
    /// <exception cref="InputException">Two have the same name.</exception>
    public ForwardInputs(params IEnumerable<HostTensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (!_tensors.TryAdd(tensor.Name, tensor))
            {
                throw new InputException($"input {tensor.Name} is given twice.");
            }
        }
    }

    /// <summary>Names that were given.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Reads a safetensors file: a prefix "in." is taken off, tensors "out.*" are ignored.</summary>
    public static ForwardInputs Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return new ForwardInputs(file.Tensors.Keys
            .Where(name => !name.StartsWith("out.", StringComparison.Ordinal))
            .Select(name => HostTensor.Read(file, name, name.StartsWith("in.", StringComparison.Ordinal) ? name[3..] : name)));
    }

    /// <summary>The tensor, or null where it was not given.</summary>
    public HostTensor? Optional(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>The tensor.</summary>
    /// <exception cref="InputException">It was not given.</exception>
    public HostTensor Require(string name) => Optional(name) ??
        throw new InputException($"input {name} is missing; given: {(Names.Count == 0 ? "nothing" : string.Join(", ", Names))}.");

    /// <summary>Refuses every name that is not one of these.</summary>
    /// <exception cref="InputException">There is another.</exception>
    public void Allow(params string[] names)
    {
        foreach (var name in Names)
        {
            if (!names.Contains(name, StringComparer.Ordinal))
            {
                throw new InputException($"input {name} is not one that this model takes: {string.Join(", ", names)}.");
            }
        }
    }
}
