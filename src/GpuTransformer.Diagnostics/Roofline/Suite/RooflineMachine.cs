using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What a report says of where it was made.</summary>
internal static class RooflineMachine
{
    private const string NvidiaVersion = "/proc/driver/nvidia/version";

    /// <summary>A report without rows.</summary>
    public static RooflineReport Describe(BenchDevice device)
    {
        var traits = device.Kernels.Traits;
        return new RooflineReport
        {
            Device = traits.Kind == DeviceKind.Cpu ? $"{MachineDescription.ProcessorName()} ({traits.CpuThreads} threads, {DeviceTraits.SimdName})" : traits.Name,
            Choice = device.Choice,
            Machine = [.. Lines(device)],
            Date = DateTimeOffset.UtcNow,
            IsCard = traits.Kind != DeviceKind.Cpu && !traits.IsOpenClCpu,
            Clock = BatchClock.HasEvents(device.Stream) ? "device events" : "host clock",
        };
    }

    private static IEnumerable<string> Lines(BenchDevice device)
    {
        var traits = device.Kernels.Traits;
        switch (device.Accelerator)
        {
            case CudaAccelerator cuda:
                yield return
                    $"compute capability {traits.ComputeCapability / 10}.{traits.ComputeCapability % 10}, {traits.Multiprocessors} multiprocessors, " +
                    $"{cuda.ClockRate} MHz, memory {traits.MemoryBytes >> 20:N0} MiB at {cuda.MemoryClockRate} MHz x {cuda.MemoryBusWidth} bits, " +
                    $"second-level cache {cuda.L2CacheSize >> 20} MiB";
                yield return $"driver: {NvidiaDriver()}";
                break;
            case CLAccelerator cl:
                yield return $"OpenCL: {cl.PlatformName}, {cl.VendorName}, {traits.Multiprocessors} compute units, {cl.ClockRate} MHz";
                break;
        }

        yield return $"{DeviceTraits.IlgpuDescription}; GpuTransformer {typeof(RooflineMachine).Assembly.GetName().Version?.ToString(3)}";
        yield return $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors";
    }

    private static string NvidiaDriver() =>
        File.Exists(NvidiaVersion) ? File.ReadLines(NvidiaVersion).FirstOrDefault("unknown").Replace("NVRM version: ", "", StringComparison.Ordinal) : "unknown";
}
