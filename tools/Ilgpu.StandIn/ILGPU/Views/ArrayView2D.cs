using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>A 2-dimensional view: a stretch of memory, its extent and its stride.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct ArrayView2D<T, TStride> : IArrayView<T, Index2D, LongIndex2D, TStride>
    where T : unmanaged
    where TStride : struct, IStride2D
{
    public static readonly int ElementSize = ArrayView<T>.ElementSize;

    public static readonly ArrayView2D<T, TStride> Empty = GetEmpty(default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView2D(ArrayView<T> baseView, LongIndex2D extent, TStride stride)
    {
        BaseView = baseView;
        Extent = extent;
        Stride = stride;
    }

    public ArrayView<T> BaseView { get; }

    MemoryBuffer IArrayView.Buffer => BaseView.Buffer;

    int IArrayView.ElementSize => ElementSize;

    public LongIndex2D Extent { get; }

    public Index2D IntExtent => Extent.ToIntIndex();

    public TStride Stride { get; }

    public bool IsValid => BaseView.IsValid;

    public long Length => Stride.ComputeBufferLength(Extent);

    public int IntLength
    {
        get
        {
            IndexTypeExtensions.AssertIntIndexRange(Length);
            return (int)Length;
        }
    }

    public long LengthInBytes => Length * ElementSize;

    public ref T this[Index2D index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref BaseView[ComputeLinearIndex(index)];
    }

    public ref T this[LongIndex2D index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref BaseView[ComputeLinearIndex(index)];
    }

    public ref T this[int x, int y]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref this[new Index2D(x, y)];
    }

    public ref T this[long x, long y]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref this[new LongIndex2D(x, y)];
    }

    public static ArrayView2D<T, TStride> GetEmpty(TStride stride) =>
        new(ArrayView<T>.Empty, LongIndex2D.Zero, stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ComputeLinearIndex(Index2D index) => Stride.ComputeElementIndexChecked(index, IntExtent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ComputeLinearIndex(LongIndex2D index) => Stride.ComputeElementIndexChecked(index, Extent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView2D<T, TStride> SubView(Index2D index, Index2D extent)
    {
        if (index.X < 0 || extent.X < 0 || index.X + extent.X > (int)Extent.X)
            KernelFault.SubViewOutOfRange(index.X, extent.X, Extent.X);
        if (index.Y < 0 || extent.Y < 0 || index.Y + extent.Y > (int)Extent.Y)
            KernelFault.SubViewOutOfRange(index.Y, extent.Y, Extent.Y);
        return new(
            BaseView.SubView(ComputeLinearIndex(index), Stride.ComputeBufferLength(extent)),
            extent,
            Stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView2D<T, TStride> SubView(LongIndex2D index, LongIndex2D extent)
    {
        if (index.X < 0 || extent.X < 0 || index.X + extent.X > (long)Extent.X)
            KernelFault.SubViewOutOfRange(index.X, extent.X, Extent.X);
        if (index.Y < 0 || extent.Y < 0 || index.Y + extent.Y > (long)Extent.Y)
            KernelFault.SubViewOutOfRange(index.Y, extent.Y, Extent.Y);
        return new(
            BaseView.SubView(ComputeLinearIndex(index), Stride.ComputeBufferLength(extent)),
            extent,
            Stride);
    }

    public ArrayView<T> AsContiguous() => BaseView;

    public ArrayView2D<T, Stride2D.General> AsGeneral(Stride2D.General stride) => new(BaseView, Extent, stride);

    public ArrayView2D<T, Stride2D.General> AsGeneral() => AsGeneral(Stride.AsGeneral());

    public override string ToString() => BaseView.ToString();
}
