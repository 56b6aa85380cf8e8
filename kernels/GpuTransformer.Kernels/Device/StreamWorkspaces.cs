using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>One workspace a stream: launches of a stream run in order, so each may use the same memory. It grows to the
/// largest need and is kept until the stream is collected or the accelerator is disposed.</summary>
internal sealed class StreamWorkspaces(KernelSet kernels)
{
    private readonly ConditionalWeakTable<AcceleratorStream, StreamWorkspace> _streams = [];

    /// <summary>The stream's; allocates nothing after the first time. Whoever uses it holds its lock until what he
    /// launches is queued.</summary>
    public StreamWorkspace Of(AcceleratorStream stream) =>
        _streams.TryGetValue(stream, out var found)
            ? found
            : _streams.GetValue(stream, _ => new StreamWorkspace(kernels));
}

/// <summary>The workspace of one stream.</summary>
internal sealed class StreamWorkspace(KernelSet kernels)
{
    private PooledMemory<float>? _memory;

    /// <summary>At least so many floats; what was in them is lost.</summary>
    /// <exception cref="DeviceException">The device has no room.</exception>
    public ArrayView<float> AtLeast(long floats)
    {
        if (_memory is null || _memory.View.Length < floats)
        {
            // What is queued may go on with the old memory: the pool lends it again only after waiting for the device.
            var grown = kernels.DevicePool.Rent<float>(floats, "the workspace of a stream");
            _memory?.Dispose();
            _memory = grown;
        }

        return _memory.View.SubView(0, floats);
    }
}
