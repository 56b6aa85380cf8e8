namespace ILGPU.Runtime;

public abstract partial class Accelerator
{
    public MemoryBuffer AllocateRaw(long length, int elementSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfLessThan(elementSize, 1);
        Bind();
        return AllocateRawInternal(length, elementSize);
    }

    public MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(long length)
        where T : unmanaged => Allocate1D<T, Stride1D.Dense>(length, default);

    public MemoryBuffer1D<T, TStride> Allocate1D<T, TStride>(long length, TStride stride)
        where T : unmanaged
        where TStride : struct, IStride1D
    {
        long elements = stride.ComputeBufferLength(new LongIndex1D(length));
        return new(this, new(AllocateView<T>(elements), length, stride));
    }

    public MemoryBuffer2D<T, TStride> Allocate2D<T, TStride>(
        in LongIndex2D extent,
        Stride2D.GetLeadingDimensionSize getLeadingDimensionSize,
        Stride2D.BuildStride<TStride> buildStride)
        where T : unmanaged
        where TStride : struct, IStride2D
    {
        if (extent.X < 0 || extent.Y < 0)
            throw new ArgumentOutOfRangeException(nameof(extent));
        ArgumentNullException.ThrowIfNull(getLeadingDimensionSize);
        ArgumentNullException.ThrowIfNull(buildStride);
        long leading = getLeadingDimensionSize(extent);
        if (leading is < 0 or > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(extent));
        var stride = buildStride(extent, (int)leading);
        return new(this, new(AllocateView<T>(stride.ComputeBufferLength(extent)), extent, stride));
    }

    public MemoryBuffer2D<T, Stride2D.DenseX> Allocate2DDenseX<T>(in LongIndex2D extent)
        where T : unmanaged =>
        Allocate2D<T, Stride2D.DenseX>(extent, size => size.X, (_, leading) => new(leading));

    public MemoryBuffer2D<T, Stride2D.DenseY> Allocate2DDenseY<T>(in LongIndex2D extent)
        where T : unmanaged =>
        Allocate2D<T, Stride2D.DenseY>(extent, size => size.Y, (_, leading) => new(leading));

    private ArrayView<T> AllocateView<T>(long elements)
        where T : unmanaged
    {
        Execution.ParameterTypes.CheckElement(typeof(T));
        return new(AllocateRaw(elements, ArrayView<T>.ElementSize), 0, elements);
    }
}
