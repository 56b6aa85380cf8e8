using GpuTransformer.Models;

namespace GpuTransformer.Bench.Memory;

/// <summary>What one model took, in bytes.</summary>
/// <param name="Model">The folder's name.</param>
/// <param name="Packed">Weights that the process holds itself.</param>
/// <param name="Mapped">Weights that it reads from mapped files.</param>
/// <param name="Arena">Arenas, tables and caches of the sessions.</param>
/// <param name="Growth">What its runs did.</param>
internal sealed record ModelMemory(string Model, long Packed, long Mapped, long Arena, MemoryGrowth Growth)
{
    private const long Room = 100_000_000;

    // Of ten thousand runs: less than a page in forty, and less than the smallest object in three.
    private const long NoGrowth = 1_000_000;
    private const long NoHeapGrowth = 80_000;

    /// <summary>What it may take.</summary>
    public long Budget => Packed + Arena * 6 / 5 + Room;

    /// <summary>Whether it keeps to that and nothing grows.</summary>
    public bool Holds => Growth.Peak <= Budget && Growth.Private <= NoGrowth && Growth.Heap <= NoHeapGrowth && Growth.Handles.Count == 0;

    /// <summary>Loads a model in this process and runs it again and again.</summary>
    public static ModelMemory Measure(string folder, int runs)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder, device);
        var weights = model.Weights();
        var growth = MemoryGrowth.Of(BenchModels.SmallRun(model), runs);
        var floats = weights.Where(w => !w.IsMapped && w.Kind != "matrix").Sum(w => w.Bytes);
        return new ModelMemory(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)),
            weights.Where(w => !w.IsMapped).Sum(w => w.Bytes),
            weights.Where(w => w.IsMapped).Sum(w => w.Bytes),
            Math.Max(0, device.Kernels.Memory.PeakBytes - floats),
            growth);
    }
}
