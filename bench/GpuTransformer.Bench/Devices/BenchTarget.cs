using GpuTransformer.Kernels;

namespace GpuTransformer.Bench;

/// <summary>What a benchmark runs on: a device, and on the CPU how many threads.</summary>
/// <param name="Device">Name, as <see cref="ComputeDevice.Open(string, VariantKind?, Graph.TraceLog?)"/> takes it.</param>
/// <param name="Threads">Threads of the CPU variant; 0 on other devices.</param>
public sealed record BenchTarget(string Device, int Threads)
{
    private static readonly Lazy<(BenchTarget[] Targets, string[] Remarks)> s_found = new(Find);

    /// <summary>Every accelerator at hand: the CPU with one thread and with all, and the GPUs.</summary>
    public static IReadOnlyList<BenchTarget> All => s_found.Value.Targets;

    /// <summary>What was not found, a line each.</summary>
    public static IReadOnlyList<string> Remarks => s_found.Value.Remarks;

    /// <inheritdoc/>
    public override string ToString() => Threads == 0 ? Device : $"{Device} x{Threads}";

    private static (BenchTarget[] Targets, string[] Remarks) Find()
    {
        var all = CpuPool.Shared.Threads;
        List<BenchTarget> targets = [new("cpu", all)];
        if (all > 1)
        {
            targets.Add(new BenchTarget("cpu", 1));
        }

        List<string> remarks = [];
        foreach (var (kind, name) in new[] { (DeviceKind.Cuda, "cuda"), (DeviceKind.OpenCl, "opencl") })
        {
            try
            {
                var count = ComputeDevice.Names(kind).Count;
                targets.AddRange(Enumerable.Range(0, count).Select(i => new BenchTarget($"{name}:{i}", 0)));
                if (count == 0)
                {
                    remarks.Add($"{name}: no device");
                }
            }
            catch (DeviceException error)
            {
                remarks.Add(error.Message);
            }
        }

        return ([.. targets], [.. remarks]);
    }
}
