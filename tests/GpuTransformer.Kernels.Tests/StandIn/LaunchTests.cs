using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What a launch takes, refuses and costs.</summary>
public sealed class LaunchTests
{
    [Fact]
    public void OneThreadGroupsRunOnceEachAndOnAllCores()
    {
        const int groups = 100_000;
        using var device = new BareDevice(new CPUDevice(2, 32, Environment.ProcessorCount));
        using var visits = device.Zeros(groups);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(VisitKernel);
        kernel((groups, 1), visits.View);
        Assert.All(visits.GetAsArray1D(), visit => Assert.Equal(1, visit));

        // Two halves of the grid wait for each other: only groups that run at the same time get past this.
        if (Environment.ProcessorCount > 1)
        {
            using var meeting = device.Zeros(2);
            var meet = device.Accelerator.LoadStreamKernel<ArrayView<int>>(MeetKernel);
            meet((2, 1), meeting.View);
            Assert.Equal([1, 1], meeting.GetAsArray1D());
        }
    }

    [Fact]
    public void IndexedKernelsCoverTheExtent()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(5 * 7);
        var auto = device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>>(IndexKernel);
        auto(33, output.View);
        Assert.Equal(Enumerable.Range(0, 35).Select(i => i < 33 ? i + 1 : 0), output.GetAsArray1D());

        output.MemSetToZero();
        var grouped = device.Accelerator.LoadImplicitlyGroupedStreamKernel<Index1D, ArrayView<int>>(IndexKernel, 8);
        grouped(33, output.View);
        Assert.Equal(Enumerable.Range(0, 35).Select(i => i < 33 ? i + 1 : 0), output.GetAsArray1D());

        output.MemSetToZero();
        var plane = device.Accelerator.LoadAutoGroupedKernel<Index2D, ArrayView<int>, int>(PlaneKernel);
        plane(device.Accelerator.DefaultStream, new Index2D(7, 5), output.View, 7);
        device.Accelerator.Synchronize();
        Assert.Equal(Enumerable.Range(0, 35), output.GetAsArray1D());
    }

    [Fact]
    public void ManyArgumentsAndStructsOfViewsArrive()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(8);
        var many = device.Accelerator.LoadStreamKernel<ArrayView<int>, int, long, float, double, byte>(ManyKernel);
        many((1, 1), output.View, 1, 2, 3, 4, 5);
        Assert.Equal([12345, 0, 0, 0, 0, 0, 0, 0], output.GetAsArray1D());

        var structs = device.Accelerator.LoadKernel<TwoViews>(TwoViewsKernel);
        structs(
            device.Accelerator.DefaultStream,
            (1, 1),
            new TwoViews { First = output.View.SubView(0, 4), Second = output.View.SubView(4, 2), Factor = 10 });
        Assert.Equal([40, 20, 0, 0, 10, 0, 0, 0], output.GetAsArray1D());
    }

    [Fact]
    public void GroupsAndGridsOutsideTheDeviceAreRefused()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(64);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(VisitKernel);
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel((1, 17), output.View));
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel((0, 1), output.View));
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel((1, 0), output.View));
        var indexed = device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>>(IndexKernel);
        Assert.Throws<ArgumentOutOfRangeException>(() => indexed(0, output.View));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => kernel(new KernelConfig(new Index3D(1, 70_000, 1), new Index3D(1, 1, 1)), output.View));
        Assert.Throws<NotSupportedException>(
            () => kernel(new KernelConfig(new Index3D(1, 1, 1), new Index3D(4, 5, 1)), output.View));
        Assert.Throws<NotSupportedException>(
            () => device.Accelerator.LoadStreamKernel<ArrayView<int>>(VisitKernel, new KernelSpecialization(17, null)));
        Assert.All(output.GetAsArray1D(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void ParametersThatAGpuCannotTakeAreRefused()
    {
        using var device = BareDevice.Open("Default");
        Assert.Throws<ArgumentException>(() => device.Accelerator.LoadKernel<WithBool>(WithBoolKernel));
        Assert.Throws<NotSupportedException>(() => device.Accelerator.Allocate1D<bool>(4));
        Assert.Throws<NotSupportedException>(() => device.Accelerator.Allocate1D<char>(4));
        Assert.Throws<InternalCompilerException>(() => device.Accelerator.LoadKernel<Hidden>(HiddenKernel));
        int captured = 3;
        Assert.Throws<NotSupportedException>(
            () => device.Accelerator.LoadStreamKernel<ArrayView<int>>(view => view[0] = captured));
    }

    [Fact]
    public void ALaunchBlocksAndMakesOneSmallObject()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(16);
        var kernel = device.Accelerator.LoadKernel<ArrayView<int>>(VisitKernel);
        var stream = device.Accelerator.DefaultStream;
        var config = new KernelConfig(16, 1);
        ArrayView<int> view = output.View;
        for (int i = 0; i < 10; i++)
            kernel(stream, config, view);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            kernel(stream, config, view);
        long perLaunch = (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
        Assert.InRange(perLaunch, 1, 256);
        Assert.All(output.GetAsArray1D(), visits => Assert.Equal(110, visits));
    }

    [Fact]
    public void TwoThreadsCanLaunchOnOneAccelerator()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(16);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(BarrierVisitKernel);
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 10; i++)
                kernel((4, 4), output.View);
        });
        Assert.All(output.GetAsArray1D(), visits => Assert.Equal(40, visits));
    }

    private static void VisitKernel(ArrayView<int> visits) => visits[Grid.GlobalLinearIndex] += 1;

    private static void BarrierVisitKernel(ArrayView<int> visits)
    {
        Group.Barrier();
        Atomic.Add(ref visits[Grid.GlobalLinearIndex], 1);
    }

    private static void MeetKernel(ArrayView<int> meeting)
    {
        int self = Grid.IdxX;
        Atomic.Exchange(ref meeting[self], 1);
        int other = 0;
        while (other == 0)
            other = Atomic.Add(ref meeting[1 - self], 0);
    }

    private static void IndexKernel(Index1D index, ArrayView<int> output) => output[index] = index.X + 1;

    private static void PlaneKernel(Index2D index, ArrayView<int> output, int width) =>
        output[(index.Y * width) + index.X] = (index.Y * width) + index.X;

    private static void ManyKernel(ArrayView<int> output, int a, long b, float c, double d, byte e) =>
        output[0] = (a * 10_000) + ((int)b * 1000) + ((int)c * 100) + ((int)d * 10) + e;

    private static void TwoViewsKernel(TwoViews views)
    {
        views.First[0] = views.First.IntLength * views.Factor;
        views.First[1] = views.Second.IntLength * views.Factor;
        views.Second[0] = views.Factor;
    }

    private static void WithBoolKernel(WithBool argument)
    { }

    private static void HiddenKernel(Hidden argument)
    { }

    private struct Hidden
    {
#pragma warning disable CS0169 // Only the type's visibility matters.
        private readonly int _value;
#pragma warning restore CS0169
    }

    public struct TwoViews
    {
        public ArrayView<int> First;
        public ArrayView<int> Second;
        public int Factor;
    }

    public struct WithBool
    {
        public bool Flag;
    }
}
