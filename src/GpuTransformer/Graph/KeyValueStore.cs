using GpuTransformer.Kernels;
using ILGPU.Runtime;

namespace GpuTransformer.Graph;

/// <summary>The memory of a program's persistent tensors (caches of keys and values). Sessions of different programs
/// share one: a prompt is read by one program, the tokens after it are made by another. Memory for a key space's pages
/// may begin small and grow; sessions then bind their launches anew.</summary>
internal sealed class KeyValueStore : IDisposable
{
    private readonly Dictionary<string, DeviceMemory<float>> _memory = [];
    private readonly Dictionary<string, int> _pages = [];
    private readonly List<LayerKeys> _caches;
    private readonly KernelSet _kernels;

    /// <param name="kernels">Where.</param>
    /// <param name="program">Names the tensors.</param>
    /// <param name="begin">Pages that a key space begins with; those not named have all of theirs.</param>
    public KeyValueStore(KernelSet kernels, Program program, params ReadOnlySpan<(KeySpace Space, int Pages)> begin)
    {
        _kernels = kernels;
        Stream = MakeStream(kernels);
        _caches = [.. program.Caches];
        foreach (var (space, pages) in begin)
        {
            _pages[space.Name] = Math.Clamp(pages, 1, space.Pages);
        }

        try
        {
            foreach (var cache in _caches)
            {
                _pages.TryAdd(cache.Space.Name, cache.Space.Pages);
                _memory.Add(cache.Keys.Name, Allocate(cache, cache.Keys, Pages(cache.Space)));
                _memory.Add(cache.Values.Name, Allocate(cache, cache.Values, Pages(cache.Space)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where every session over the store runs: one writes the keys that another reads, so they keep one order.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => _memory.Values.Sum(m => (long)m.Length * sizeof(float));

    /// <summary>Changes when memory grew: whoever bound launches to it binds again.</summary>
    public int Version { get; private set; }

    /// <summary>Pages of a key space that there is memory for.</summary>
    public int Pages(KeySpace space) => _pages[space.Name];

    public DeviceMemory<float> this[ValueInfo tensor] =>
        _memory.TryGetValue(tensor.Name, out var memory) && tensor.Space is { } space
        && memory.Length == tensor.Elements / space.Pages * Pages(space)
            ? memory
            : throw new ShapeException($"{tensor.Name}: the store has no memory of {tensor.Elements} elements for it.");

    /// <summary>Makes room for at least <paramref name="pages"/> pages, and for half as many again so that growing costs
    /// little; what was written stays. Nothing may be running over the store.</summary>
    /// <exception cref="DeviceException">The device has no room.</exception>
    public void Grow(KeySpace space, int pages)
    {
        if (pages <= Pages(space))
        {
            return;
        }

        var layers = _caches.Where(c => c.Space.Name == space.Name).ToArray();
        var most = layers.Min(c => DeviceMemory<float>.MostElements / (c.Keys.Elements / c.Space.Pages));
        var target = (int)Math.Max(pages, Math.Min(Math.Min(space.Pages, most), pages * 3L / 2));
        foreach (var cache in layers)
        {
            GrowTensor(cache, cache.Keys, target);
            GrowTensor(cache, cache.Values, target);
        }

        _pages[space.Name] = target;
        Version++;
    }

    /// <summary>Waits for everything that sessions over the store have queued.</summary>
    /// <exception cref="DeviceException">The device is lost, or a launch failed.</exception>
    public void Synchronize()
    {
        try
        {
            Stream.Synchronize();
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(_kernels.Traits, "waiting for what was launched", error);
        }
    }

    public void Dispose()
    {
        foreach (var memory in _memory.Values)
        {
            memory.Dispose();
        }

        _memory.Clear();
        if (!ReferenceEquals(Stream, _kernels.Accelerator.DefaultStream))
        {
            DeviceException.Ignore(Stream.Dispose);
        }
    }

    private static AcceleratorStream MakeStream(KernelSet kernels)
    {
        if (kernels.Traits.Kind == DeviceKind.Cpu)
        {
            return kernels.Accelerator.DefaultStream;
        }

        try
        {
            return kernels.Accelerator.CreateStream();
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(kernels.Traits, "making a stream", error);
        }
    }

    private void GrowTensor(LayerKeys cache, ValueInfo tensor, int pages)
    {
        var grown = Allocate(cache, tensor, pages);
        var old = _memory[tensor.Name];
        grown.CopyFrom(old, Stream);
        _memory[tensor.Name] = grown;
        old.Dispose();
    }

    private DeviceMemory<float> Allocate(LayerKeys cache, ValueInfo tensor, int pages) =>
        new(_kernels, tensor.Elements / cache.Space.Pages * pages, tensor.Name);
}
