using System.Reflection;
using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using ILGPU.Runtime.OpenCL;

namespace GpuTransformer.Diagnostics;

/// <summary>Where something ran: what a reader of a result far away needs to know.</summary>
/// <param name="Program">Name and version of this program.</param>
/// <param name="Ilgpu">ILGPU's version, and whether it is the package or the stand-in.</param>
/// <param name="Device">The device's own name.</param>
/// <param name="Kind">CPU, CUDA or OpenCL.</param>
/// <param name="Traits">What the device can do.</param>
/// <param name="Driver">The driver's library and what it says of itself.</param>
/// <param name="Processor">The processor.</param>
/// <param name="Threads">Logical processors.</param>
/// <param name="OperatingSystem">The system.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Time">When, in UTC.</param>
internal sealed record MachineDescription(
    string Program,
    string Ilgpu,
    string Device,
    DeviceKind Kind,
    string Traits,
    string Driver,
    string Processor,
    int Threads,
    string OperatingSystem,
    string Runtime,
    DateTime Time)
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string NvidiaVersionFile = "/sys/module/nvidia/version";

    public static MachineDescription Of(KernelSet kernels)
    {
        var traits = kernels.Traits;
        var capability = traits.ComputeCapability == 0 ? "" : $", compute capability {traits.ComputeCapability / 10}.{traits.ComputeCapability % 10}";
        return new MachineDescription(
            $"gputx {ProgramVersion()}",
            DeviceTraits.IlgpuDescription,
            traits.Name,
            traits.Kind,
            $"warp {traits.WarpSize}, group up to {traits.MaxGroupSize}, shared memory {traits.SharedBytes:N0} bytes, " +
            $"{traits.Multiprocessors} multiprocessor(s){capability}",
            DriverOf(kernels),
            ProcessorName(),
            Environment.ProcessorCount,
            $"{RuntimeInformation.OSDescription.Trim()} {RuntimeInformation.OSArchitecture}",
            RuntimeInformation.FrameworkDescription,
            DateTime.UtcNow);
    }

    private static string ProgramVersion() =>
        typeof(MachineDescription).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static string DriverOf(KernelSet kernels)
    {
        var library = DriverLibraries.Describe(kernels.Traits.Kind);
        if (kernels.Accelerator is CLAccelerator cl)
        {
            return $"{library}, {cl.PlatformName}, {cl.VendorName}";
        }

        return kernels.Traits.Kind == DeviceKind.Cuda && File.Exists(NvidiaVersionFile)
            ? $"{library}, {File.ReadAllText(NvidiaVersionFile).Trim()}"
            : library;
    }

    /// <summary>The processor, as it calls itself.</summary>
    public static string ProcessorName()
    {
        var line = !File.Exists(ProcessorFile)
            ? null
            : File.ReadLines(ProcessorFile).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':') + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
