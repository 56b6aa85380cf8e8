using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Buffers, views and the copies between them.</summary>
public sealed class BufferTests
{
    [Fact]
    public void CopiesGoBothWaysAndThroughOffsets()
    {
        using var device = BareDevice.Open("Default");
        using var buffer = device.Accelerator.Allocate1D([1f, 2, 3, 4, 5, 6]);
        Assert.Equal([3f, 4, 5], buffer.View.SubView(2, 3).GetAsArray1D());
        buffer.View.SubView(1, 2).CopyFromCPU([20f, 30]);
        ArrayView<float> view = buffer.View;
        Assert.Equal([1f, 20, 30, 4, 5, 6], view.GetAsArray());
        Assert.Equal(24, view.LengthInBytes);
        view.SubView(4).MemSetToZero();
        using var other = device.Accelerator.Allocate1D<float>(6);
        other.CopyFrom(buffer);
        Assert.Equal([1f, 20, 30, 4, 0, 0], other.GetAsArray1D());
        view.SubView(0, 2).CopyTo(other.View.BaseView.SubView(3, 2));
        var host = new float[6];
        other.CopyToCPU(host);
        Assert.Equal([1f, 20, 30, 1, 20, 0], host);
        other.MemSet(0xFF);
        Assert.All(other.GetAsArray1D(), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void ArraysOfTheWrongLengthAreRefused()
    {
        using var device = BareDevice.Open("Default");
        using var buffer = device.Zeros(4);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyFromCPU(new int[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyFromCPU(new int[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyToCPU(new int[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsRawArrayView(0, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Accelerator.Allocate1D<int>(-1));
    }

    [Fact]
    public unsafe void MemoryHasTheAddressItClaims()
    {
        using var device = BareDevice.Open("Default");
        using var buffer = device.Zeros(64);
        ArrayView<int> view = buffer.View;
        Assert.Equal(0, buffer.NativePtr % 16);
        Assert.Equal(buffer.NativePtr + 20, view.SubView(5, 2).LoadEffectiveAddressAsPtr());
        ((int*)buffer.NativePtr)[6] = 66;
        Assert.Equal(66, view.SubView(5, 2)[1]);
        view[7] = 77;
        Assert.Equal(77, view.SubView(4, 8).Cast<long>()[1] >> 32);
        Assert.Equal(4, view.SubView(4, 8).Cast<long>().Length);
        Assert.Same(device.Accelerator, view.GetAccelerator());
    }

    [Fact]
    public void EmptyViewsAreAllowedAndSaySo()
    {
        using var device = BareDevice.Open("Default");
        using var empty = device.Accelerator.Allocate1D<float>(0);
        Assert.Empty(empty.GetAsArray1D());
        Assert.False(empty.View.IsValid);
        Assert.True(default(ArrayView<float>).HasNoData());
        Assert.Equal(0, default(ArrayView<float>).SubView(0, 0).Length);
        using var four = device.Zeros(4);
        Assert.Equal(0, four.View.BaseView.SubView(3, 0).Length);
    }

    [Fact]
    public void RowsOfATwoDimensionalViewLieOneAfterTheOther()
    {
        using var device = BareDevice.Open("Default");
        using var buffer = device.Accelerator.Allocate2DDenseY<int>(new LongIndex2D(2, 3));
        for (int row = 0; row < 2; row++)
        {
            for (int column = 0; column < 3; column++)
                buffer.View[row, column] = (row * 10) + column;
        }
        Assert.Equal([0, 1, 2, 10, 11, 12], buffer.View.AsContiguous().GetAsArray());
        Assert.Equal([11, 12], buffer.View.SubView(new Index2D(1, 1), new Index2D(1, 2)).BaseView.GetAsArray());
        using var columns = device.Accelerator.Allocate2DDenseX<int>(new LongIndex2D(2, 3));
        columns.View[1, 2] = 5;
        Assert.Equal(5, columns.View.AsContiguous()[5]);
    }

    [Fact]
    public void DisposedBuffersCannotBeRead()
    {
        using var device = BareDevice.Open("Default");
        var buffer = device.Zeros(4);
        ArrayView<int> view = buffer.View;
        buffer.Dispose();
        Assert.False(buffer.IsValid);
        Assert.Equal(0, buffer.NativePtr);
        Assert.Throws<NullReferenceException>(() => view[0]);
    }

    [Fact]
    public void ImpossibleAllocationsRunOutOfMemory()
    {
        using var device = BareDevice.Open("Default");
        Assert.Throws<OutOfMemoryException>(() => device.Accelerator.Allocate1D<double>(1L << 56));
    }
}
