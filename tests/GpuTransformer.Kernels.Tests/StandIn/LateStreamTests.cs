using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The stand-in's late streams: nothing happens before its stream is waited for, and then in order.</summary>
public sealed class LateStreamTests
{
    [SkippableFact]
    public void WhatIsQueuedWaitsForItsStream()
    {
        using var device = OpenLate();
        using var buffer = device.Accelerator.Allocate1D<int>(4);
        using var first = device.Accelerator.CreateStream();
        using var second = device.Accelerator.CreateStream();
        var launch = device.Accelerator.LoadKernel<ArrayView<int>>(AddTen);
        buffer.View.CopyFromCPU(first, [1, 2, 3, 4]);
        launch(first, new KernelConfig(1, 4), buffer.View);
        buffer.View.SubView(0, 2).MemSetToZero(first);
        Assert.Equal([1, 2, 3, 4], Read(buffer, second));
        Assert.Equal([0, 0, 13, 14], Read(buffer, first));
    }

    [SkippableFact]
    public void WaitingForTheAcceleratorWaitsForEveryStream()
    {
        using var device = OpenLate();
        using var buffer = device.Accelerator.Allocate1D<int>(4);
        using var copy = device.Accelerator.Allocate1D<int>(4);
        using var first = device.Accelerator.CreateStream();
        using var second = device.Accelerator.CreateStream();
        buffer.View.MemSetToZero(first);
        buffer.View.CopyTo(second, copy.View);
        device.Accelerator.Synchronize();
        Assert.Equal(new int[4], Read(copy, device.Accelerator.DefaultStream));
    }

    [SkippableFact]
    public void MemoryIsFreedAfterWhatUsesIt()
    {
        using var device = OpenLate();
        using var target = device.Accelerator.Allocate1D<int>(4);
        using var stream = device.Accelerator.CreateStream();
        using (var source = device.Accelerator.Allocate1D([1, 2, 3, 4]))
        {
            source.View.CopyTo(stream, target.View);
        }

        Assert.Equal([1, 2, 3, 4], Read(target, device.Accelerator.DefaultStream));
    }

    private static void AddTen(ArrayView<int> values) => values[Group.IdxX] += 10;

    private static int[] Read(MemoryBuffer1D<int, Stride1D.Dense> buffer, AcceleratorStream stream)
    {
        var values = new int[buffer.Length];
        buffer.View.CopyToCPU(stream, values);
        return values;
    }

    private static BareDevice OpenLate()
    {
        Skip.IfNot(BareDevice.IsStandIn, "ILGPU's own CPU accelerator has no streams that run late.");
        var device = BareDevice.Open("Default");
        typeof(Accelerator).GetMethod("RunLate", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(device.Accelerator, []);
        return device;
    }
}
