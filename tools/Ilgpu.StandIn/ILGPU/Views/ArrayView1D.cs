using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>A 1-dimensional view: a stretch of memory, its extent and its stride.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct ArrayView1D<T, TStride> : IArrayView<T, Index1D, LongIndex1D, TStride>
    where T : unmanaged
    where TStride : struct, IStride1D
{
    public static readonly int ElementSize = ArrayView<T>.ElementSize;

    public static readonly ArrayView1D<T, TStride> Empty = GetEmpty(default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView1D(ArrayView<T> baseView, LongIndex1D extent, TStride stride)
    {
        BaseView = baseView;
        Extent = extent;
        Stride = stride;
    }

    public ArrayView<T> BaseView { get; }

    MemoryBuffer IArrayView.Buffer => BaseView.Buffer;

    int IArrayView.ElementSize => ElementSize;

    public LongIndex1D Extent { get; }

    public Index1D IntExtent => Extent.ToIntIndex();

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

    public ref T this[Index1D index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref BaseView[ComputeLinearIndex(index)];
    }

    public ref T this[LongIndex1D index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref BaseView[ComputeLinearIndex(index)];
    }

    public static ArrayView1D<T, TStride> GetEmpty(TStride stride) =>
        new(ArrayView<T>.Empty, LongIndex1D.Zero, stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ComputeLinearIndex(Index1D index) => Stride.ComputeElementIndexChecked(index, IntExtent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ComputeLinearIndex(LongIndex1D index) => Stride.ComputeElementIndexChecked(index, Extent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView1D<T, TStride> SubView(Index1D index, Index1D extent)
    {
        if (index.X < 0 || extent.X < 0 || index.X + extent.X > (int)Extent.X)
            KernelFault.SubViewOutOfRange(index.X, extent.X, Extent.X);
        return new(
            BaseView.SubView(ComputeLinearIndex(index), Stride.ComputeBufferLength(extent)),
            extent,
            Stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView1D<T, TStride> SubView(LongIndex1D index, LongIndex1D extent)
    {
        if (index.X < 0 || extent.X < 0 || index.X + extent.X > (long)Extent.X)
            KernelFault.SubViewOutOfRange(index.X, extent.X, Extent.X);
        return new(
            BaseView.SubView(ComputeLinearIndex(index), Stride.ComputeBufferLength(extent)),
            extent,
            Stride);
    }

    public ArrayView<T> AsContiguous() => BaseView;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView1D<T, Stride1D.Dense> AsDense()
    {
        if (Stride.StrideExtent != Index1D.One)
            KernelFault.Fail($"A view with stride {Stride.XStride} is not dense.");
        return new(BaseView, Extent, default);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayView2D<T, TOtherStride> As2DView<TOtherStride>(LongIndex2D extent, TOtherStride stride)
        where TOtherStride : struct, IStride2D
    {
        long size = stride.ComputeBufferLength(extent);
        if (size > Length)
            KernelFault.SubViewOutOfRange(0, size, Length);
        return new(BaseView.SubView(0, size), extent, stride);
    }

    public ArrayView2D<T, Stride2D.DenseX> As2DDenseXView(LongIndex2D extent) =>
        As2DView(extent, Stride2D.DenseX.FromExtent(extent));

    public ArrayView2D<T, Stride2D.DenseY> As2DDenseYView(LongIndex2D extent) =>
        As2DView(extent, Stride2D.DenseY.FromExtent(extent));

    public ArrayView1D<T, Stride1D.General> AsGeneral(Stride1D.General stride) => new(BaseView, Extent, stride);

    public ArrayView1D<T, Stride1D.General> AsGeneral() => AsGeneral(Stride.AsGeneral());

    public override string ToString() => BaseView.ToString();
}
