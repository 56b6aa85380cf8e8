using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>An open device, and memory on it that is filled with reproducible random numbers.</summary>
internal sealed class BenchDevice : IDisposable
{
    private readonly ComputeDevice _device;

    /// <param name="name">As <see cref="ComputeDevice.Open(string, VariantKind?, TraceLog?)"/> takes it.</param>
    /// <param name="variant">Run everything through this kind of variant; null: the best for the device.</param>
    public BenchDevice(string name, VariantKind? variant = null)
    {
        Name = name;
        _device = ComputeDevice.Open(name, variant, null, withEvents: true);
        Stream = IsCpu ? _device.Accelerator.DefaultStream : _device.Accelerator.CreateStream();
    }

    /// <summary>As it was asked for: cpu, cuda:0.</summary>
    public string Name { get; }

    /// <summary>What was chosen and why.</summary>
    public string Choice => _device.Choice;

    public KernelSet Kernels => _device.Kernels;

    public Accelerator Accelerator => _device.Accelerator;

    public AcceleratorStream Stream { get; }

    public bool IsCpu => Kernels.Traits.Kind == DeviceKind.Cpu;

    /// <summary>Sets the threads of the CPU variant; operations bound afterwards are cut for them.</summary>
    public static void UseThreads(int threads)
    {
        if (threads > 0 && CpuPool.Shared.Threads != threads)
        {
            CpuPool.Shared.Limit(threads);
        }
    }

    public DeviceMemory<float> Empty(long elements, string what) => new(Kernels, elements, what);

    public DeviceMemory<float> Random(long elements, string what, float magnitude = 1f)
    {
        var values = new float[elements];
        RandomValues.Fill(what, 0, magnitude, values);
        return Filled(values, what);
    }

    public DeviceMemory<T> Filled<T>(T[] values, string what)
        where T : unmanaged
    {
        var memory = new DeviceMemory<T>(Kernels, values.Length, what);
        memory.Write(Stream, 0, values);
        return memory;
    }

    public void Dispose()
    {
        if (!IsCpu)
        {
            Stream.Dispose();
        }

        _device.Dispose();
    }
}
