using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Algorithms.ScanReduceOperations;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Group barriers, shared memory and what the threads of a group exchange.</summary>
public sealed class GroupExecutionTests
{
    [Theory]
    [InlineData("Default", 1)]
    [InlineData("Default", 3)]
    [InlineData("Default", 16)]
    [InlineData("Intel", 33)]
    [InlineData("Nvidia", 65)]
    [InlineData("LegacyAMD", 128)]
    public void EveryThreadSeesWhatAllWroteBeforeTheBarrier(string kind, int groupSize)
    {
        const int groups = 5;
        using var device = BareDevice.Open(kind);
        using var output = device.Zeros(groups * groupSize);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>, int>(RotateKernel);
        kernel((groups, groupSize), output.View, 4);
        // After 4 rounds thread t holds what thread t + 4 (cyclic) began with, plus 4.
        var expected = Enumerable.Range(0, groups * groupSize)
            .Select(i => (i / groupSize * 1000) + ((i + 4) % groupSize) + 4);
        Assert.Equal(expected, output.GetAsArray1D());
    }

    [Theory]
    [InlineData("Default", 13)]
    [InlineData("LegacyAMD", 70)]
    public void BarriersCountPredicatesAndBroadcast(string kind, int groupSize)
    {
        using var device = BareDevice.Open(kind);
        using var output = device.Zeros(groupSize * 4);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(PredicateKernel);
        kernel((1, groupSize), output.View);
        int third = (groupSize + 2) / 3;
        for (int t = 0; t < groupSize; t++)
        {
            var actual = output.GetAsArray1D()[(t * 4)..((t + 1) * 4)];
            Assert.Equal([third, 1, 2, 107], actual);
        }
    }

    [Theory]
    [InlineData("Default", 16)]
    [InlineData("Nvidia", 64)]
    [InlineData("Intel", 32)]
    public void ReductionsCoverTheGroup(string kind, int groupSize)
    {
        using var device = BareDevice.Open(kind);
        using var sums = device.Accelerator.Allocate1D<float>(groupSize * 2);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<float>>(ReduceKernel);
        kernel((1, groupSize), sums.View);
        var actual = sums.GetAsArray1D();
        for (int t = 0; t < groupSize; t++)
        {
            Assert.Equal(groupSize * (groupSize + 1) / 2f, actual[2 * t]);
            Assert.Equal(-1, actual[(2 * t) + 1]);
        }
    }

    [Fact]
    public void DynamicSharedMemoryIsSizedByTheLaunch()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(2 * 8);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(DynamicKernel);
        kernel(new KernelConfig(2, 8, SharedMemoryConfig.RequestDynamic<int>(24)), output.View);
        Assert.Equal(
            Enumerable.Range(0, 16).Select(i => 2400 + (i / 8 * 10) + (7 - (i % 8))),
            output.GetAsArray1D());

        var without = device.Accelerator.LoadStreamKernel<ArrayView<int>>(TwoArraysKernel);
        var config = new KernelConfig(1, 4, SharedMemoryConfig.RequestDynamic<int>(24));
        Assert.Throws<InvalidOperationException>(() => without(config, output.View));
    }

    [Fact]
    public void TwoSharedArraysDoNotOverlapAndLocalMemoryIsEachThreadsOwn()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(16 * 3);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(TwoArraysKernel);
        kernel((1, 16), output.View);
        var actual = output.GetAsArray1D();
        for (int t = 0; t < 16; t++)
            Assert.Equal([15 - t, 100 + 15 - t, 3 * t], actual[(3 * t)..((3 * t) + 3)]);
    }

    [SkippableFact]
    public void SharedAndLocalMemoryBeginAsPoison()
    {
        Skip.IfNot(BareDevice.IsStandIn, "The package's shared memory begins as whatever was there.");
        using var device = BareDevice.Open("Default");
        using var output = device.Accelerator.Allocate1D<float>(8);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<float>>(UnwrittenKernel);
        for (int launch = 0; launch < 2; launch++)
        {
            output.MemSetToZero();
            kernel((4, 1), output.View);
            Assert.All(output.GetAsArray1D(), value => Assert.True(float.IsNaN(value)));
        }
    }

    [Fact]
    public void ThreeDimensionalPlacesFollowXFirst()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(2 * 3 * 2 * 12);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(PlaceKernel);
        kernel(new KernelConfig(new Index3D(2, 3, 2), new Index3D(3, 2, 2)), output.View);
        var expected =
            from gridZ in Enumerable.Range(0, 2)
            from gridY in Enumerable.Range(0, 3)
            from gridX in Enumerable.Range(0, 2)
            from z in Enumerable.Range(0, 2)
            from y in Enumerable.Range(0, 2)
            from x in Enumerable.Range(0, 3)
            select (((((((((gridZ * 10) + gridY) * 10) + gridX) * 10) + z) * 10) + y) * 10) + x;
        Assert.Equal(expected, output.GetAsArray1D());
    }

    private static void RotateKernel(ArrayView<int> output, int rounds)
    {
        var shared = SharedMemory.Allocate<int>(1024);
        int thread = Group.IdxX;
        int next = thread + 1 == Group.DimX ? 0 : thread + 1;
        shared[thread] = (Grid.IdxX * 1000) + thread;
        Group.Barrier();
        for (int i = 0; i < rounds; i++)
        {
            int value = shared[next];
            Group.Barrier();
            shared[thread] = value + 1;
            Group.Barrier();
        }
        output[Grid.GlobalLinearIndex] = shared[thread];
    }

    private static void PredicateKernel(ArrayView<int> output)
    {
        int thread = Group.IdxX;
        int slot = thread * 4;
        output[slot] = Group.BarrierPopCount(thread % 3 == 0);
        output[slot + 1] = Group.BarrierOr(thread == 5) ? 1 : 0;
        output[slot + 2] = Group.BarrierAnd(thread >= 0) && !Group.BarrierAnd(thread > 0) ? 2 : 0;
        output[slot + 3] = Group.Broadcast(thread + 100, 7);
    }

    private static void ReduceKernel(ArrayView<float> output)
    {
        int thread = Group.IdxX;
        output[2 * thread] = GroupExtensions.AllReduce<float, AddFloat>(thread + 1);
        output[(2 * thread) + 1] = GroupExtensions.AllReduce<float, MaxFloat>(-1 - thread);
    }

    private static void DynamicKernel(ArrayView<int> output)
    {
        var shared = SharedMemory.GetDynamic<int>();
        int thread = Group.IdxX;
        shared[thread] = (Grid.IdxX * 10) + thread;
        Group.Barrier();
        output[Grid.GlobalLinearIndex] = (shared.IntLength * 100) + shared[Group.DimX - 1 - thread];
    }

    private static void TwoArraysKernel(ArrayView<int> output)
    {
        var first = SharedMemory.Allocate<int>(16);
        var second = SharedMemory.Allocate<int>(16);
        var local = LocalMemory.Allocate<int>(2);
        int thread = Group.IdxX;
        first[thread] = thread;
        second[thread] = 100 + thread;
        local[0] = thread;
        local[1] = 2 * thread;
        Group.Barrier();
        output[3 * thread] = first[15 - thread];
        output[(3 * thread) + 1] = second[15 - thread];
        output[(3 * thread) + 2] = local[0] + local[1];
    }

    private static void UnwrittenKernel(ArrayView<float> output)
    {
        var shared = SharedMemory.Allocate<float>(4);
        var local = LocalMemory.Allocate<float>(4);
        output[2 * Grid.IdxX] = shared[3];
        output[(2 * Grid.IdxX) + 1] = local[2];
        shared[3] = 1;
        local[2] = 1;
    }

    private static void PlaceKernel(ArrayView<int> output) =>
        output[Grid.GlobalLinearIndex] =
            (((((((((Grid.IdxZ * 10) + Grid.IdxY) * 10) + Grid.IdxX) * 10) + Group.IdxZ) * 10) + Group.IdxY) * 10) +
            Group.IdxX;
}
