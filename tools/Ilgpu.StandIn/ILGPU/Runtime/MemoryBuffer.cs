namespace ILGPU.Runtime;

/// <summary>A stretch of an accelerator's memory.</summary>
public abstract class MemoryBuffer : AcceleratorObject
{
    protected MemoryBuffer(Accelerator accelerator, long length, int elementSize)
        : base(accelerator)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfLessThan(elementSize, 1);
        Length = length;
        ElementSize = elementSize;
    }

    public IntPtr NativePtr { get; protected set; }

    /// <summary>What checked launches did with it.</summary>
    internal Execution.ShadowMemory? Shadow { get; set; }

    public long Length { get; }

    public int ElementSize { get; }

    public long LengthInBytes => Length * ElementSize;

    public void MemSet(AcceleratorStream stream, byte value, long targetOffsetInBytes, long length)
    {
        if (length != 0)
            MemSet(stream, value, AsRawArrayView(targetOffsetInBytes, length));
    }

    protected internal abstract void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView);

    public void CopyTo(AcceleratorStream stream, long sourceOffsetInBytes, in ArrayView<byte> targetView)
    {
        if (targetView.IsValid)
            CopyTo(stream, AsRawArrayView(sourceOffsetInBytes, targetView.LengthInBytes), targetView);
    }

    protected internal abstract void CopyTo(
        AcceleratorStream stream,
        in ArrayView<byte> sourceView,
        in ArrayView<byte> targetView);

    public void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, long targetOffsetInBytes)
    {
        if (sourceView.IsValid)
            CopyFrom(stream, sourceView, AsRawArrayView(targetOffsetInBytes, sourceView.LengthInBytes));
    }

    protected internal abstract void CopyFrom(
        AcceleratorStream stream,
        in ArrayView<byte> sourceView,
        in ArrayView<byte> targetView);

    public ArrayView<byte> AsRawArrayView() => AsRawArrayView(0, LengthInBytes);

    public ArrayView<byte> AsRawArrayView(long offsetInBytes) =>
        AsRawArrayView(offsetInBytes, LengthInBytes - offsetInBytes);

    public ArrayView<byte> AsRawArrayView(long offsetInBytes, long lengthInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetInBytes);
        if (LengthInBytes > 0 && offsetInBytes >= LengthInBytes)
            throw new ArgumentOutOfRangeException(nameof(offsetInBytes));
        if (lengthInBytes < 0 || offsetInBytes + lengthInBytes > LengthInBytes)
            throw new ArgumentOutOfRangeException(nameof(lengthInBytes));
        return new(this, offsetInBytes, lengthInBytes);
    }

    public ArrayView<T> AsArrayView<T>(long offset, long length)
        where T : unmanaged
    {
        if (ArrayView<T>.ElementSize != ElementSize)
            throw new NotSupportedException($"{typeof(T)} is not {ElementSize} bytes long.");
        if (Length > 0 && offset >= Length)
            throw new ArgumentOutOfRangeException(nameof(offset));
        if (offset + length > Length)
            throw new ArgumentOutOfRangeException(nameof(length));
        return new(this, offset, length);
    }
}

public interface IMemoryBuffer<in TView> : IContiguousArrayView
    where TView : struct, IArrayView
{
    void MemSet(AcceleratorStream stream, byte value, long targetOffsetInBytes, long length);

    void CopyTo(AcceleratorStream stream, long sourceOffsetInBytes, in ArrayView<byte> targetView);

    void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, long targetOffsetInBytes);
}

/// <summary>A buffer together with the view that covers it.</summary>
public class MemoryBuffer<TView> : MemoryBuffer, IMemoryBuffer<TView>
    where TView : struct, IArrayView
{
    protected internal MemoryBuffer(Accelerator accelerator, in TView view)
        : base(accelerator, view.Length, view.ElementSize)
    {
        View = view;
        NativePtr = Buffer?.NativePtr ?? 0;
    }

    protected MemoryBuffer Buffer => View.Buffer;

    MemoryBuffer IArrayView.Buffer => Buffer;

    long IContiguousArrayView.Index => 0;

    long IContiguousArrayView.IndexInBytes => 0;

    public TView View { get; private set; }

    public bool IsValid => !IsDisposed;

    public TView ToArrayView() => View;

    protected internal override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) =>
        Buffer.MemSet(stream, value, targetView);

    protected internal override void CopyTo(
        AcceleratorStream stream,
        in ArrayView<byte> sourceView,
        in ArrayView<byte> targetView) => Buffer.CopyTo(stream, sourceView, targetView);

    protected internal override void CopyFrom(
        AcceleratorStream stream,
        in ArrayView<byte> sourceView,
        in ArrayView<byte> targetView) => Buffer.CopyFrom(stream, sourceView, targetView);

    protected override void DisposeAcceleratorObject(bool disposing)
    {
        if (!disposing)
            return;
        Buffer?.Dispose();
        NativePtr = 0;
        View = default;
    }

    public static implicit operator TView(MemoryBuffer<TView> buffer) => buffer.View;
}

public class MemoryBuffer1D<T, TStride> : MemoryBuffer<ArrayView1D<T, TStride>>
    where T : unmanaged
    where TStride : struct, IStride1D
{
    protected internal MemoryBuffer1D(Accelerator accelerator, in ArrayView1D<T, TStride> view)
        : base(accelerator, view)
    { }

    public LongIndex1D Extent => View.Extent;

    public Index1D IntExtent => View.IntExtent;

    public ArrayView<T> AsContiguous() => View.AsContiguous();

    public static explicit operator ArrayView<T>(MemoryBuffer1D<T, TStride> buffer) => buffer.AsContiguous();
}

public class MemoryBuffer2D<T, TStride> : MemoryBuffer<ArrayView2D<T, TStride>>
    where T : unmanaged
    where TStride : struct, IStride2D
{
    protected internal MemoryBuffer2D(Accelerator accelerator, in ArrayView2D<T, TStride> view)
        : base(accelerator, view)
    { }

    public LongIndex2D Extent => View.Extent;

    public Index2D IntExtent => View.IntExtent;

    public ArrayView<T> AsContiguous() => View.AsContiguous();

    public static explicit operator ArrayView<T>(MemoryBuffer2D<T, TStride> buffer) => buffer.AsContiguous();
}
