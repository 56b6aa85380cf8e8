using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What a launch allocates: nothing on the CPU path, and otherwise what ILGPU itself does.</summary>
public sealed class LaunchAllocationTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private const int Launches = 10;

    [Fact]
    public void CpuVariantsAllocateNothing()
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Upload(Data.Normal(8 * 16, 1));
        using var y = device.Upload(new float[8 * 16]);
        var set = new KernelSet(device.Accelerator, VariantKind.Cpu);
        Assert.Equal(0, BytesOf(() => set.MatMul.Run(device.Stream, x.View, x.View, y.View, 8, 4, 16)));
        Assert.Equal(0, BytesOf(() => set.Activation.Run(device.Stream, x.View, y.View, 8, 16, ActivationKind.Silu)));
    }

    [Theory]
    [InlineData(VariantKind.Naive)]
    [InlineData(VariantKind.Group)]
    public void LaunchersAddNothingToIlgpu(VariantKind kind)
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Upload(Data.Normal(8 * 16, 1));
        using var y = device.Upload(new float[8 * 16]);
        var set = new KernelSet(device.Accelerator, kind);
        var args = MatMul.Dense(x.View, x.View, y.View, 8, 4, 16, StandardEpilogue.None);
        var name = set.MatMul.VariantFor(args);
        var variant = (KernelVariant<MatMulArgs<StandardEpilogue>>)Variants.Named(set.MatMul, name);
        var kernel = device.Accelerator.LoadKernel(variant.Kernel);
        var config = variant.Grid(set.Traits)(args);
        var direct = BytesOf(() => kernel(device.Stream, config, args));
        Assert.Equal(direct, BytesOf(() => set.MatMul.Run(device.Stream, args)));
    }

    /// <summary>The fewest of several launches: the first ones compile, and ILGPU's own caches grow now and then.</summary>
    private static long BytesOf(Action launch)
    {
        launch();
        var fewest = long.MaxValue;
        for (var i = 0; i < Launches; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            launch();
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return fewest;
    }
}
