using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Graph;

/// <summary>Memory of an accelerator that starts at a 256-byte boundary, and the host's way to it: on a CPU accelerator
/// the host writes in place, elsewhere through a copy.</summary>
internal sealed unsafe class DeviceMemory<T> : IDisposable
    where T : unmanaged
{
    private const int AlignmentBytes = 256;

    /// <summary>Elements that are taken beyond those asked for, so that a boundary is among them.</summary>
    public static readonly int Padding = AlignmentBytes / sizeof(T);

    private readonly MemoryBuffer1D<T, Stride1D.Dense> _buffer;
    private readonly T* _host;

    /// <exception cref="DeviceException">The device has no room, or more than 2^31-1 elements were asked for.</exception>
    public DeviceMemory(KernelSet kernels, long elements, string what)
    {
        if (elements < 0 || elements > int.MaxValue - Padding)
        {
            throw new DeviceException($"{what}: {elements} elements, more than a view of 2^31-1 holds.");
        }

        Length = (int)elements;
        Kernels = kernels;
        try
        {
            _buffer = kernels.Accelerator.Allocate1D<T>(Math.Max(1, elements) + Padding);
        }
        catch (Exception error) when (error is AcceleratorException or OutOfMemoryException)
        {
            throw new DeviceException(
                $"{kernels.Traits.Name}: no room for {what}, {elements * sizeof(T):N0} bytes: {error.Message}", error);
        }

        var whole = (ArrayView<T>)_buffer.View;
        var address = (ulong)whole.LoadEffectiveAddressAsPtr();
        var shift = (int)((AlignmentBytes - address % AlignmentBytes) % AlignmentBytes) / sizeof(T);
        View = whole.SubView(shift, Math.Max(1, elements));
        IsHost = kernels.Traits.Kind == DeviceKind.Cpu;
        _host = IsHost ? (T*)View.LoadEffectiveAddressAsPtr() : null;
        if (IsHost)
        {
            new Span<T>(_host, Length).Clear();
        }
        else
        {
            _buffer.MemSetToZero(kernels.Accelerator.DefaultStream);
            kernels.Accelerator.DefaultStream.Synchronize();
        }
    }

    public KernelSet Kernels { get; }

    public int Length { get; }

    /// <summary>The elements, from the boundary on.</summary>
    public ArrayView<T> View { get; }

    /// <summary>Whether the host reads and writes the memory itself.</summary>
    public bool IsHost { get; }

    /// <summary>The memory in place; on CPU accelerators only.</summary>
    public Span<T> Host => IsHost ? new Span<T>(_host, Length) : throw new InvalidOperationException("Not host memory.");

    public void Write(AcceleratorStream stream, int offset, ReadOnlySpan<T> values)
    {
        if (IsHost)
        {
            values.CopyTo(Host[offset..]);
        }
        else if (values.Length > 0)
        {
            View.SubView(offset, values.Length).CopyFromCPU(stream, values);
        }
    }

    public void Read(AcceleratorStream stream, int offset, Span<T> values)
    {
        if (IsHost)
        {
            Host.Slice(offset, values.Length).CopyTo(values);
        }
        else if (values.Length > 0)
        {
            View.SubView(offset, values.Length).CopyToCPU(stream, values);
        }
    }

    /// <summary>Takes over the elements of shorter memory of the same device, and waits for it.</summary>
    public void CopyFrom(DeviceMemory<T> source, AcceleratorStream stream)
    {
        source.View.SubView(0, source.Length).CopyTo(stream, View.SubView(0, source.Length));
        stream.Synchronize();
    }

    public void Dispose() => _buffer.Dispose();
}
