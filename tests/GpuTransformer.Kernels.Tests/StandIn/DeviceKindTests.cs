using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public sealed class DeviceKindTests
{
    [Theory]
    [InlineData("Default", 4, 16)]
    [InlineData("Nvidia", 32, 1024)]
    [InlineData("AMD", 32, 256)]
    [InlineData("LegacyAMD", 64, 256)]
    [InlineData("Intel", 16, 128)]
    public void KindsHaveTheLimitsOfTheirHardware(string kind, int warpSize, int groupSize)
    {
        using var device = BareDevice.Open(kind);
        Assert.Equal(AcceleratorType.CPU, device.Accelerator.AcceleratorType);
        Assert.Equal(warpSize, device.Accelerator.WarpSize);
        Assert.Equal(groupSize, device.Accelerator.MaxNumThreadsPerGroup);
        Assert.Equal(groupSize, device.Accelerator.MaxNumThreads);
        Assert.Equal(new Index3D(groupSize), device.Accelerator.MaxGroupSize);
        Assert.Equal(new Index3D(int.MaxValue, ushort.MaxValue, ushort.MaxValue), device.Accelerator.MaxGridSize);
        Assert.Equal(int.MaxValue, device.Accelerator.MaxSharedMemoryPerGroup);
        Assert.Equal(1, device.Accelerator.NumMultiprocessors);
    }

    [Fact]
    public void TheNameSaysWhatRuns()
    {
        using var device = BareDevice.Open("Default");
        Assert.StartsWith("CPUAccelerator", device.Accelerator.Name, StringComparison.Ordinal);
        Assert.Equal(
            BareDevice.IsStandIn,
            device.Accelerator.Name.Contains(
                "ILGPU package not found on this feed: CPU only",
                StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(4, 3, 1)]
    [InlineData(4, 4, 0)]
    [InlineData(1024, 64, 1)]
    public void ImpossibleDevicesAreRefused(int warpSize, int warps, int multiprocessors) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CPUDevice(warpSize, warps, multiprocessors));

    [Fact]
    public void AContextHoldsWhatWasAskedFor()
    {
        using var all = Context.Create(builder => builder.CPU());
        Assert.Equal([4, 32, 32, 64, 16], all.Devices.Select(device => device.WarpSize));
        using var none = Context.Create(_ => { });
        Assert.Same(CPUDevice.Default, Assert.Single(none.Devices));
        using var twice = Context.Create(builder => builder.CPU(CPUDevice.Intel).CPU(CPUDeviceKind.Intel));
        Assert.Same(CPUDevice.Intel, Assert.Single(twice.Devices));
        Assert.Same(CPUDevice.Intel, twice.GetPreferredDevice(preferCPU: true));
        Assert.Equal(1, twice.GetCPUDevices().Count);
        Assert.Throws<NotSupportedException>(() => twice.GetCPUDevice(1));
        Assert.Equal(0, twice.GetCudaDevices().Count);
        Assert.Equal(0, twice.GetCLDevices().Count);
    }

    [Fact]
    public void AnAcceleratorSaysWhenItGoes()
    {
        using var context = Context.Create(builder => builder.DefaultCPU());
        Accelerator? created = null;
        context.AcceleratorCreated += (_, accelerator) => created = accelerator;
        bool gone = false;
        using (var accelerator = context.GetCPUDevice(0).CreateAccelerator(context))
        {
            Assert.Same(accelerator, created);
            Assert.Same(accelerator, Accelerator.Current);
            accelerator.Disposed += (_, _) => gone = true;
        }
        Assert.True(gone);
    }

    [Fact]
    public void ProfilingMarkersMeasureOnlyWhereProfilingIsOn()
    {
        using var plain = BareDevice.Open("Default");
        Assert.Throws<NotSupportedException>(() => plain.Accelerator.AddProfilingMarker());
        using var profiling = new BareDevice(CPUDevice.Default, profiling: true);
        using var stream = profiling.Accelerator.CreateStream();
        using var start = stream.AddProfilingMarker();
        Thread.Sleep(5);
        using var end = stream.AddProfilingMarker();
        stream.Synchronize();
        Assert.InRange(end.MeasureFrom(start).TotalMilliseconds, 4, 5000);
        Assert.Equal(end.MeasureFrom(start), end - start);
    }
}
