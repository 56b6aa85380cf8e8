using GpuTransformer.Diagnostics.Verify;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Verify's shapes of one operation, a few for each of its kernel variants.</summary>
internal sealed class VariantCases
{
    private readonly OperationCheck _check;
    private readonly SweepPlan _plan;

    public VariantCases(string operation, WarpDevices devices)
    {
        _check = OperationChecks.All.Single(check => check.Name == operation);
        _plan = new SweepPlan(devices.Traits, SweepExtent.Quick);
        All = _check.Launches(devices.Small, _plan);
    }

    /// <summary>Everything that the sweep would launch.</summary>
    public IReadOnlyList<PlannedLaunch> All { get; }

    /// <summary>Some launches of each variant of a kind, from the fewest threads to the most.</summary>
    public IEnumerable<PlannedLaunch> Some(VariantKind kind, int most)
    {
        foreach (var variant in All.Where(launch => launch.Kind == kind).GroupBy(launch => launch.VariantIndex))
        {
            PlannedLaunch[] launches = [.. variant.OrderBy(launch => launch.Threads)];
            var count = Math.Min(most, launches.Length);
            for (var i = 0; i < count; i++)
            {
                yield return launches[count == 1 ? 0 : i * (launches.Length - 1) / (count - 1)];
            }
        }
    }

    public LaunchOutcome Launch(KernelSet kernels, PlannedLaunch launch, ulong seed) => _check.Launch(kernels, _plan, launch, seed);
}
