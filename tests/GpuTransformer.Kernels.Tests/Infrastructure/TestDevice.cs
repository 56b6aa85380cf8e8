using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The kinds of CPU accelerator that group kernels are tried on; they differ in warp and group size.</summary>
public enum TestDeviceKind
{
    Default,
    Nvidia,
    LegacyAmd,
    Intel,
}

/// <summary>An accelerator with its context and kernel set, for one test.</summary>
public sealed class TestDevice : IDisposable
{
    private readonly Context _context;

    public TestDevice(TestDeviceKind kind, VariantKind? variant = null)
    {
        var device = kind switch
        {
            TestDeviceKind.Nvidia => CPUDevice.Nvidia,
            TestDeviceKind.LegacyAmd => CPUDevice.LegacyAMD,
            TestDeviceKind.Intel => CPUDevice.Intel,
            _ => CPUDevice.Default,
        };
        _context = Context.Create(builder => builder.CPU(device));
        Accelerator = _context.CreateCPUAccelerator(0);
        Kernels = new KernelSet(Accelerator, variant);
    }

    public Accelerator Accelerator { get; }

    public KernelSet Kernels { get; }

    /// <summary>Memory is made on the accelerator alone.</summary>
    public static implicit operator Accelerator(TestDevice device) => device.Accelerator;

    public AcceleratorStream Stream => Accelerator.DefaultStream;

    public MemoryBuffer1D<float, Stride1D.Dense> Upload(float[] values) => Accelerator.Allocate1D(values);

    public MemoryBuffer1D<int, Stride1D.Dense> Upload(int[] values) => Accelerator.Allocate1D(values);

    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }
}
