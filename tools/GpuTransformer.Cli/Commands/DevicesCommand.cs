using System.CommandLine;
using GpuTransformer.Kernels;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx devices: what this machine has, and what would run on it.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var command = new Command("devices", "Print each accelerator, its traits, and the variant chosen for each operation.");
        command.SetAction(parsed =>
        {
            var asked = parsed.GetValue(DeviceOptions.Device)!;
            Console.WriteLine(DeviceTraits.IlgpuDescription);
            foreach (var name in asked == "auto" ? Every() : [asked])
            {
                using var device = ComputeDevice.Open(name, parsed.GetValue(DeviceOptions.Variant));
                Console.WriteLine();
                Print(name, device.Kernels);
            }

            if (asked == "auto")
            {
                using var chosen = ComputeDevice.Open("auto");
                Console.WriteLine();
                Console.WriteLine($"--device {chosen.Choice}");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static IEnumerable<string> Every()
    {
        foreach (var (kind, name) in new[] { (DeviceKind.Cuda, "cuda"), (DeviceKind.OpenCl, "opencl"), (DeviceKind.Cpu, "cpu") })
        {
            var count = ComputeDevice.Names(kind).Count;
            if (kind != DeviceKind.Cpu && !DeviceTraits.IsStandIn)
            {
                Console.WriteLine($"{name}: driver library {DriverLibraries.Describe(kind)}");
            }

            if (count == 0)
            {
                Console.WriteLine($"{name}: no device");
            }

            for (var i = 0; i < count; i++)
            {
                yield return $"{name}:{i}";
            }
        }
    }

    private static void Print(string name, KernelSet kernels)
    {
        var traits = kernels.Traits;
        Console.WriteLine($"{name}: {traits.Name}");
        var capability = traits.ComputeCapability > 0 ? $", compute capability {traits.ComputeCapability / 10}.{traits.ComputeCapability % 10}" : "";
        var memory = traits.MemoryBytes is > 0 and < long.MaxValue ? $", memory {traits.MemoryBytes / (1 << 20):N0} MiB" : "";
        Console.WriteLine(
            $"  warp {traits.WarpSize}, group up to {traits.MaxGroupSize}, shared memory {traits.SharedBytes:N0} bytes, " +
            $"{traits.Multiprocessors} multiprocessor(s){memory}{capability}");
        if (traits.Kind == DeviceKind.Cpu)
        {
            Console.WriteLine($"  CPU tiles: {DeviceTraits.SimdName}, {traits.CpuThreads} thread(s)");
        }

        Console.WriteLine($"  tuning: {kernels.Tuning.Origin}");
        var lines = VariantReport.Of(kernels);
        var (operation, shape) = (lines.Max(l => l.Operation.Length), lines.Max(l => l.Shape.Length));
        foreach (var line in lines)
        {
            Console.WriteLine($"  {line.Operation.PadRight(operation)}  {line.Shape.PadRight(shape)}  {line.Variant}");
        }
    }
}
