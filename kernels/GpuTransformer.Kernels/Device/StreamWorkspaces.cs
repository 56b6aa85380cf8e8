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
            : _streams.GetValue(stream, s => new StreamWorkspace(kernels, new WeakReference<AcceleratorStream>(s)));
}

/// <summary>The workspace of one stream.</summary>
internal sealed class StreamWorkspace(KernelSet kernels, WeakReference<AcceleratorStream> stream)
{
    private MemoryBuffer1D<float, Stride1D.Dense>? _buffer;

    /// <summary>At least so many floats; what was in them is lost.</summary>
    /// <exception cref="DeviceException">The device has no room.</exception>
    public ArrayView<float> AtLeast(long floats)
    {
        if (_buffer is null || _buffer.Length < floats)
        {
            if (_buffer is not null && stream.TryGetTarget(out var queued))
            {
                // What is queued still uses the old memory.
                queued.Synchronize();
                _buffer.Dispose();
                _buffer = null;
            }

            _buffer = Allocate(floats);
        }

        return _buffer.View.SubView(0, floats);
    }

    private MemoryBuffer1D<float, Stride1D.Dense> Allocate(long floats)
    {
        try
        {
            return kernels.Accelerator.Allocate1D<float>(floats);
        }
        catch (Exception error) when (error is AcceleratorException or OutOfMemoryException)
        {
            throw new DeviceException(
                $"{kernels.Traits.Name}: no room for the workspace of a stream, {floats * sizeof(float):N0} bytes: {error.Message}", error);
        }
    }
}
