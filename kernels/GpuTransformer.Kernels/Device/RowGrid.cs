using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Grids that several operations share. The long dimension is always x: CUDA allows 65535 groups in y.</summary>
internal static class RowGrid
{
    /// <summary>At least one warp of NVIDIA's.</summary>
    private const int FewestThreads = 32;

    /// <summary>One thread an item.</summary>
    public static KernelConfig ThreadPerItem(DeviceTraits traits, long items)
    {
        // One on a CPU: there each lane of a larger group is an operating-system thread.
        var threads = traits.Kind == DeviceKind.Cpu ? 1 : Math.Min(128, traits.MaxGroupSize);
        return new KernelConfig(checked((int)Math.Max(1, (items + threads - 1) / threads)), threads);
    }

    /// <summary>One group a row: the smallest power of two that leaves each thread at most
    /// <paramref name="itemsPerThread"/> items, between 32 and <paramref name="mostThreads"/> as the device allows.</summary>
    public static KernelConfig GroupPerRow(DeviceTraits traits, int rows, int items, int itemsPerThread, int mostThreads) =>
        new(Math.Max(1, rows), GroupThreads(traits, items, itemsPerThread, mostThreads));

    /// <summary>The group size of <see cref="GroupPerRow"/>.</summary>
    public static int GroupThreads(DeviceTraits traits, int items, int itemsPerThread, int mostThreads)
    {
        var most = Math.Min(traits.MaxGroupSize, mostThreads);
        var threads = FewestThreads;
        while (threads < most && (long)threads * itemsPerThread < items)
        {
            threads *= 2;
        }

        return Math.Min(threads, most);
    }
}
