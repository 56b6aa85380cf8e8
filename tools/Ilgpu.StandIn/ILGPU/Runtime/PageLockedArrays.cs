using ILGPU.Runtime.CPU;
using ILGPU.Util;

namespace ILGPU.Runtime;

/// <summary>An array that does not move, with a view that copies take. A CPU accelerator locks no pages.</summary>
public abstract class PageLockedArray<T> : DisposeBase
    where T : unmanaged
{
    public abstract Span<T> Span { get; }

    protected internal MemoryBuffer MemoryBuffer { get; private set; } = null!;

    public ArrayView<T> ArrayView { get; private set; } = ArrayView<T>.Empty;

    public long Length => Span.Length;

    protected unsafe void Initialize(Accelerator? accelerator, IntPtr ptr, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (accelerator is null || length == 0)
            return;
        MemoryBuffer = new BorrowedMemoryBuffer(accelerator, (void*)ptr, length, sizeof(T));
        ArrayView = MemoryBuffer.AsArrayView<T>(0, length);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            MemoryBuffer?.Dispose();
        base.Dispose(disposing);
    }
}

public sealed class PageLockedArray1D<T> : PageLockedArray<T>
    where T : unmanaged
{
    private readonly T[] array;

    internal unsafe PageLockedArray1D(Accelerator accelerator, long length, bool uninitialized)
    {
        array = uninitialized
            ? GC.AllocateUninitializedArray<T>(checked((int)length), pinned: true)
            : GC.AllocateArray<T>(checked((int)length), pinned: true);
        fixed (T* pointer = array)
            Initialize(accelerator, (nint)pointer, length);
    }

    public override Span<T> Span => array;

    public ref T this[int index] => ref array[index];

    public T[] GetArray() => array;
}

public static class PageLockedArrayExtensions
{
    public static PageLockedArray1D<T> AllocatePageLocked1D<T>(
        this Accelerator accelerator,
        LongIndex1D extent,
        bool uninitialized)
        where T : unmanaged => new(accelerator, extent, uninitialized);
}
