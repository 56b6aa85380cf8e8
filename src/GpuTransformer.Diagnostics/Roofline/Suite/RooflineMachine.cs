using GpuTransformer.Kernels;
using ILGPU.Runtime.Cuda;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What a report says of where it was made.</summary>
internal static class RooflineMachine
{
    /// <summary>A report without rows.</summary>
    public static RooflineReport Describe(BenchDevice device)
    {
        var traits = device.Kernels.Traits;
        var machine = MachineDescription.Of(device.Kernels);
        return new RooflineReport
        {
            Device = traits.Kind == DeviceKind.Cpu ? $"{machine.Processor} ({traits.CpuThreads} threads, {DeviceTraits.SimdName})" : traits.Name,
            Choice = device.Choice,
            Machine = [.. Lines(device, machine)],
            Date = machine.Time,
            IsCard = traits.Kind != DeviceKind.Cpu && !traits.IsOpenClCpu,
            Clock = BatchClock.HasEvents(device.Stream) ? "device events" : "host clock",
        };
    }

    private static IEnumerable<string> Lines(BenchDevice device, MachineDescription machine)
    {
        if (machine.Kind != DeviceKind.Cpu)
        {
            var memory = device.Kernels.Traits.MemoryBytes >> 20;
            var clocks = device.Accelerator is CudaAccelerator cuda
                ? $", {cuda.ClockRate} MHz, memory {memory:N0} MiB at {cuda.MemoryClockRate} MHz x {cuda.MemoryBusWidth} bits, second-level cache {cuda.L2CacheSize >> 20} MiB"
                : $", memory {memory:N0} MiB";
            yield return $"{machine.Traits}{clocks}";
            yield return $"driver: {machine.Driver}";
        }

        yield return $"{machine.Program}, {machine.Ilgpu}";
        yield return $"{machine.Runtime}, {machine.OperatingSystem}, {machine.Processor}, {machine.Threads} processors";
    }
}
