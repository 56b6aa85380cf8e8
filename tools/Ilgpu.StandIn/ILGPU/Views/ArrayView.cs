using System.Runtime.CompilerServices;
using ILGPU.Execution;
using ILGPU.Runtime;

namespace ILGPU;

/// <summary>A stretch of elements inside a <see cref="MemoryBuffer"/>; every access is checked.</summary>
public readonly struct ArrayView<T> :
    IArrayView<T, Index1D, LongIndex1D, Stride1D.Dense>,
    IContiguousArrayView<T>
    where T : unmanaged
{
    public static readonly int ElementSize = Unsafe.SizeOf<T>();

    public static readonly ArrayView<T> Empty;

    public ArrayView(MemoryBuffer source, long index, long length)
    {
        if (index < 0 || length < 0)
            KernelFault.Fail($"A view of {length} elements at {index} has a negative bound.");
        Buffer = source;
        Index = index;
        Length = length;
    }

    internal MemoryBuffer Buffer { get; }

    MemoryBuffer IArrayView.Buffer => Buffer;

    internal long Index { get; }

    long IContiguousArrayView.Index => Index;

    long IContiguousArrayView.IndexInBytes => Index * ElementSize;

    int IArrayView.ElementSize => ElementSize;

    public bool IsValid => Buffer != null && Length > 0;

    public LongIndex1D Extent => new(Length);

    public Stride1D.Dense Stride => default;

    public Index1D IntExtent => Extent.ToIntIndex();

    public long Length { get; }

    public int IntLength
    {
        get
        {
            IndexTypeExtensions.AssertIntIndexRange(Length);
            return (int)Length;
        }
    }

    public long LengthInBytes => Length * ElementSize;

    public ref T this[Index1D index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref this[(long)index.X];
    }

    public ref T this[LongIndex1D index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref this[index.X];
    }

    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref this[(long)index];
    }

    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)index >= (ulong)Length)
                KernelFault.OutOfRange(index, Length);
            if (AccessLog.IsOn)
                AccessLog.Touch(Buffer, (Index + index) * ElementSize, ElementSize);
            return ref AddressOf(index);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe ref T AddressOf(long index) =>
        ref Unsafe.Add(ref Unsafe.AsRef<T>((void*)Buffer.NativePtr), (nint)(Index + index));

    ArrayView<byte> IContiguousArrayView.AsRawArrayView() =>
        new(Buffer, Index * ElementSize, LengthInBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView<T> SubView(long index)
    {
        if ((ulong)index >= (ulong)Length && !(index == 0 && Length < 1))
            KernelFault.OutOfRange(index, Length);
        return SubView(index, Length - index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView<T> SubView(int index, int subViewLength) => SubView((long)index, subViewLength);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView<T> SubView(long index, long subViewLength)
    {
        if ((ulong)index >= (ulong)Length && !(index == 0 && Length < 1))
            KernelFault.OutOfRange(index, Length);
        if (subViewLength < 0 || index + subViewLength > Length)
            KernelFault.SubViewOutOfRange(index, subViewLength, Length);
        return new(Buffer, Index + index, subViewLength);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView<TOther> Cast<TOther>()
        where TOther : unmanaged
    {
        int otherSize = Unsafe.SizeOf<TOther>();
        // ILGPU rounds the start down as well, so a start between two wide elements moves: refused here.
        if (Index * ElementSize % otherSize != 0)
            KernelFault.Fail($"A view at byte {Index * ElementSize} cannot become a view of {otherSize}-byte elements.");
        return new(Buffer, Index * ElementSize / otherSize, Length * ElementSize / otherSize);
    }

    public override string ToString() => $"{Index} [{Length}]";

    public static implicit operator ArrayView1D<T, Stride1D.Dense>(ArrayView<T> view) =>
        new(view, view.Extent, default);

    public static implicit operator ArrayView<T>(ArrayView1D<T, Stride1D.Dense> view) =>
        view.BaseView.SubView(0, view.Length);
}
