using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>The memory of a program's persistent tensors (caches of keys and values). Sessions of different programs
/// share one: a prompt is read by one program, the tokens after it are made by another.</summary>
internal sealed class KeyValueStore : IDisposable
{
    private readonly Dictionary<string, DeviceMemory<float>> _memory = [];

    public KeyValueStore(KernelSet kernels, Program program)
    {
        foreach (var tensor in program.Tensors.Where(t => t.Place == TensorPlace.Persistent))
        {
            _memory.Add(tensor.Name, new DeviceMemory<float>(kernels, tensor.Elements, tensor.Name));
        }
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => _memory.Values.Sum(m => (long)m.Length * sizeof(float));

    public DeviceMemory<float> this[ValueInfo tensor] =>
        _memory.TryGetValue(tensor.Name, out var memory) && memory.Length == tensor.Elements
            ? memory
            : throw new ShapeException($"{tensor.Name}: the store has no memory of {tensor.Elements} elements for it.");

    public void Dispose()
    {
        foreach (var memory in _memory.Values)
        {
            memory.Dispose();
        }

        _memory.Clear();
    }
}
