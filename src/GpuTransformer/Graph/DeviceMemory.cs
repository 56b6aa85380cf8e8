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
    /// <summary>The most elements: a view's indices are 32 bits, and lengths are rounded up.</summary>
    public const int MostElements = int.MaxValue - DevicePool.AlignmentBytes;

    private readonly PooledMemory<T> _memory;
    private readonly T* _host;
    private readonly string _what;

    /// <param name="kernels">Where.</param>
    /// <param name="elements">How many.</param>
    /// <param name="what">What for, as an error names it.</param>
    /// <param name="isCleared">Whether they begin as zeros; without it they begin as anything.</param>
    /// <exception cref="DeviceException">The device has no room, or more than 2^31-1 elements were asked for.</exception>
    public DeviceMemory(KernelSet kernels, long elements, string what, bool isCleared = true)
    {
        if (elements < 0 || elements > MostElements)
        {
            throw new DeviceException($"{what}: {elements} elements, more than a view of 2^31-1 holds.");
        }

        _what = what;
        Length = (int)elements;
        Kernels = kernels;
        _memory = kernels.DevicePool.Rent<T>(elements, what);
        View = _memory.View;
        IsHost = kernels.Traits.Kind == DeviceKind.Cpu;
        _host = IsHost ? (T*)View.LoadEffectiveAddressAsPtr() : null;
        if (isCleared)
        {
            Clear();
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

    /// <summary>Copies elements in, and waits for that.</summary>
    /// <exception cref="DeviceException">The device is lost, or failed before.</exception>
    public void Write(AcceleratorStream stream, int offset, ReadOnlySpan<T> values)
    {
        if (IsHost)
        {
            values.CopyTo(Host[offset..]);
            return;
        }

        if (values.IsEmpty)
        {
            return;
        }

        try
        {
            View.SubView(offset, values.Length).CopyFromCPU(stream, values);
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(Kernels.Traits, $"writing {_what}", error);
        }
    }

    /// <summary>Waits for the stream and copies elements out.</summary>
    /// <exception cref="DeviceException">The device is lost, or failed before.</exception>
    public void Read(AcceleratorStream stream, int offset, Span<T> values)
    {
        if (IsHost)
        {
            Host.Slice(offset, values.Length).CopyTo(values);
            return;
        }

        if (values.IsEmpty)
        {
            return;
        }

        try
        {
            View.SubView(offset, values.Length).CopyToCPU(stream, values);
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(Kernels.Traits, $"reading {_what}", error);
        }
    }

    /// <summary>Takes over the elements of shorter memory of the same device, and waits for it.</summary>
    /// <exception cref="DeviceException">The device is lost, or failed before.</exception>
    public void CopyFrom(DeviceMemory<T> source, AcceleratorStream stream)
    {
        try
        {
            source.View.SubView(0, source.Length).CopyTo(stream, View.SubView(0, source.Length));
            stream.Synchronize();
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(Kernels.Traits, $"copying {_what}", error);
        }
    }

    public void Dispose() => _memory.Dispose();

    private void Clear()
    {
        if (IsHost)
        {
            new Span<T>(_host, Length).Clear();
            return;
        }

        try
        {
            View.MemSetToZero(Kernels.Accelerator.DefaultStream);
            Kernels.Accelerator.DefaultStream.Synchronize();
        }
        catch (AcceleratorException error)
        {
            _memory.Dispose();
            throw DeviceException.Of(Kernels.Traits, $"clearing {_what}", error);
        }
    }
}
