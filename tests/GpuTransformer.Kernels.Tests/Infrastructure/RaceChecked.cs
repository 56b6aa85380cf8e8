using System.Reflection;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Turns on the stand-in's race check, which is no part of ILGPU's own surface.</summary>
internal static class RaceChecked
{
    /// <summary>Lanes and groups in order, the other way round, and shuffled.</summary>
    public static IReadOnlyList<int> Seeds { get; } = [0, 1, 2];

    /// <summary>Checks every launch of the accelerator from here on; one that has a race throws
    /// <see cref="InvalidOperationException"/> when it ends. Only where <see cref="BareDevice.IsStandIn"/>.</summary>
    public static void Enable(Accelerator accelerator, int seed) =>
        typeof(Accelerator).GetMethod("CheckRaces", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(accelerator, [seed]);
}
