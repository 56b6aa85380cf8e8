using System.Reflection;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuTransformer.Kernels;

/// <summary>What kind of device runs the kernels.</summary>
public enum DeviceKind
{
    /// <summary>ILGPU's CPU accelerator.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU through the CUDA driver.</summary>
    Cuda,

    /// <summary>A device of an OpenCL driver.</summary>
    OpenCl,
}

/// <summary>What an accelerator can do: the whole of what a choice of variant may depend on.</summary>
public sealed record DeviceTraits
{
    /// <summary>Kind of device.</summary>
    public required DeviceKind Kind { get; init; }

    /// <summary>The device's own name.</summary>
    public required string Name { get; init; }

    /// <summary>Lanes of a warp (sub-group).</summary>
    public required int WarpSize { get; init; }

    /// <summary>The most threads in a group.</summary>
    public required int MaxGroupSize { get; init; }

    /// <summary>The most shared memory a group may have, in bytes.</summary>
    public required int SharedBytes { get; init; }

    /// <summary>Multiprocessors (compute units).</summary>
    public required int Multiprocessors { get; init; }

    /// <summary>Device memory, in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>CUDA compute capability as major · 10 + minor; 0 elsewhere.</summary>
    public int ComputeCapability { get; init; }

    /// <summary>Whether an OpenCL device is a processor and not a graphics card.</summary>
    public bool IsOpenClCpu { get; init; }

    /// <summary>Widest SIMD registers that the CPU variant uses: 512, 256, 128; 0 off the CPU.</summary>
    public int SimdBits { get; init; }

    /// <summary>Threads of the CPU variant; 0 off the CPU.</summary>
    public int CpuThreads { get; init; }

    /// <summary>Reads the traits of an accelerator.</summary>
    public static DeviceTraits Of(Accelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        var kind = accelerator.AcceleratorType switch
        {
            AcceleratorType.Cuda => DeviceKind.Cuda,
            AcceleratorType.OpenCL => DeviceKind.OpenCl,
            _ => DeviceKind.Cpu,
        };
        var capability = accelerator is CudaAccelerator cuda ? cuda.Architecture.Major * 10 + cuda.Architecture.Minor : 0;
        return new DeviceTraits
        {
            Kind = kind,
            Name = accelerator.Name,
            WarpSize = accelerator.WarpSize,
            MaxGroupSize = accelerator.MaxNumThreadsPerGroup,
            SharedBytes = accelerator.MaxSharedMemoryPerGroup,
            Multiprocessors = accelerator.NumMultiprocessors,
            MemoryBytes = accelerator.MemorySize,
            ComputeCapability = capability,
            IsOpenClCpu = accelerator is CLAccelerator cl && cl.DeviceType == CLDeviceType.CL_DEVICE_TYPE_CPU,
            SimdBits = kind == DeviceKind.Cpu ? WidestSimd : 0,
            CpuThreads = kind == DeviceKind.Cpu ? CpuPool.Shared.Threads : 0,
        };
    }

    /// <summary>Widest SIMD registers of this process. Asked of the instruction set itself:
    /// <see cref="Vector512.IsHardwareAccelerated"/> is false on processors that would lower their clock.</summary>
    public static int WidestSimd => Avx512F.IsSupported ? 512 : Vector256.IsHardwareAccelerated && Fma.IsSupported ? 256 : 128;

    /// <summary>The instruction set that the CPU variant uses, as a person names it.</summary>
    public static string SimdName => WidestSimd switch { 512 => "AVX-512", 256 => "AVX2", _ => "128-bit" };

    /// <summary>Whether ILGPU here is this project's stand-in (CPU only) and not the published package.</summary>
    public static bool IsStandIn { get; } = typeof(Context).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Any(a => a.Key == "IlgpuStandIn");

    /// <summary>ILGPU's version and whether it is the package or the stand-in.</summary>
    public static string IlgpuDescription
    {
        get
        {
            var version = typeof(Context).Assembly.GetName().Version?.ToString(3) ?? "unknown";
            return IsStandIn
                ? $"ILGPU {version} stand-in (ILGPU package not found on this feed: CPU only)"
                : $"ILGPU {version} package";
        }
    }
}
