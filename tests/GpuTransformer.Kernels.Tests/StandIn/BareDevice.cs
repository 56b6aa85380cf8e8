using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A CPU accelerator with its context and nothing of ours, for tests of ILGPU itself.</summary>
internal sealed class BareDevice : IDisposable
{
    private readonly Context _context;

    public BareDevice(CPUDevice device, bool profiling = false)
    {
        _context = Context.Create(builder =>
        {
            builder.CPU(device).EnableAlgorithms();
            if (profiling)
                builder.Profiling();
        });
        Accelerator = _context.CreateCPUAccelerator(0);
    }

    /// <summary>Whether the loaded ILGPU is the stand-in; it says so itself.</summary>
    public static bool IsStandIn { get; } = typeof(Context).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Any(attribute => attribute is { Key: "IlgpuStandIn", Value: "true" });

    public CPUAccelerator Accelerator { get; }

    public static CPUDevice Of(string kind) => kind switch
    {
        "Nvidia" => CPUDevice.Nvidia,
        "AMD" => CPUDevice.AMD,
        "LegacyAMD" => CPUDevice.LegacyAMD,
        "Intel" => CPUDevice.Intel,
        _ => CPUDevice.Default,
    };

    public static BareDevice Open(string kind) => new(Of(kind));

    public MemoryBuffer1D<int, Stride1D.Dense> Zeros(int length)
    {
        var buffer = Accelerator.Allocate1D<int>(length);
        buffer.MemSetToZero();
        return buffer;
    }

    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }
}
