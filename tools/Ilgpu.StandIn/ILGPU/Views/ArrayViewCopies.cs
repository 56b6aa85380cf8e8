using System.Runtime.CompilerServices;
using ILGPU.Runtime.CPU;

namespace ILGPU.Runtime;

/// <summary>Fills and copies through contiguous views and buffers.</summary>
public static partial class ArrayViewExtensions
{
    public static void MemSetToZero<TView>(this TView view)
        where TView : IContiguousArrayView => view.MemSetToZero(view.GetDefaultStream());

    public static void MemSetToZero<TView>(this TView view, AcceleratorStream stream)
        where TView : IContiguousArrayView => view.MemSet(stream, 0);

    public static void MemSet<TView>(this TView view, byte value)
        where TView : IContiguousArrayView => view.MemSet(view.GetDefaultStream(), value);

    public static void MemSet<TView>(this TView view, AcceleratorStream stream, byte value)
        where TView : IContiguousArrayView
    {
        if (!view.IsValid)
            throw new ArgumentNullException(nameof(view));
        if (view.HasData())
            view.Buffer.MemSet(stream, value, view.IndexInBytes, view.LengthInBytes);
    }

    public static void CopyTo<TView>(this TView source, in TView target)
        where TView : IContiguousArrayView => source.CopyTo(source.GetDefaultStream(), target);

    public static void CopyTo<TView>(this TView source, AcceleratorStream stream, in TView target)
        where TView : IContiguousArrayView =>
        source.Buffer.CopyTo(stream, source.IndexInBytes, target.AsRawArrayView());

    public static void CopyFrom<TView>(this TView target, in TView source)
        where TView : IContiguousArrayView => target.CopyFrom(target.GetDefaultStream(), source);

    public static void CopyFrom<TView>(this TView target, AcceleratorStream stream, in TView source)
        where TView : IContiguousArrayView =>
        target.Buffer.CopyFrom(stream, source.AsRawArrayView(), target.IndexInBytes);

    public static void CopyToCPU<T, TView>(this TView source, ref T cpuData, long length)
        where TView : IContiguousArrayView<T>
        where T : unmanaged => source.CopyToCPU(source.GetDefaultStream(), ref cpuData, length);

    public static unsafe void CopyToCPU<T, TView>(
        this TView source,
        AcceleratorStream stream,
        ref T cpuData,
        long length)
        where TView : IContiguousArrayView<T>
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
            return;
        fixed (T* pointer = &cpuData)
        {
            using var host = new BorrowedMemoryBuffer(source.GetAccelerator(), pointer, length, sizeof(T));
            source.Buffer.CopyTo(stream, source.IndexInBytes, host.AsRawArrayView());
            stream.Synchronize();
        }
    }

    public static void CopyFromCPU<T, TView>(this TView target, ref T cpuData, long length)
        where TView : IContiguousArrayView<T>
        where T : unmanaged => target.CopyFromCPU(target.GetDefaultStream(), ref cpuData, length);

    public static unsafe void CopyFromCPU<T, TView>(
        this TView target,
        AcceleratorStream stream,
        ref T cpuData,
        long length)
        where TView : IContiguousArrayView<T>
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
            return;
        fixed (T* pointer = &cpuData)
        {
            using var host = new BorrowedMemoryBuffer(target.GetAccelerator(), pointer, length, sizeof(T));
            target.Buffer.CopyFrom(stream, host.AsRawArrayView(), target.IndexInBytes);
            stream.Synchronize();
        }
    }

    public static void CopyToCPU<T, TView>(this TView source, AcceleratorStream stream, in Span<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged
    {
        if (!span.IsEmpty)
            source.CopyToCPU(stream, ref span[0], span.Length);
    }

    public static void CopyFromCPU<T, TView>(this TView target, AcceleratorStream stream, in ReadOnlySpan<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged
    {
        if (!span.IsEmpty)
            target.CopyFromCPU(stream, ref Unsafe.AsRef(in span[0]), span.Length);
    }

    public static void CopyToCPU<T, TView>(this TView source, in Span<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged => source.CopyToCPU(source.GetDefaultStream(), span);

    public static void CopyFromCPU<T, TView>(this TView target, in ReadOnlySpan<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged => target.CopyFromCPU(target.GetDefaultStream(), span);
}
