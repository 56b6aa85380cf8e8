using GpuTransformer.Diagnostics.Verify;
using ILGPU;
using Xunit;
using Xunit.Abstractions;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Every group variant on CPU accelerators whose largest group is the one that it launches, with warps of 4, 16, 32
/// and 64: right against float64, and the same bits on all of them. The cases are verify's own: of each variant the shape
/// with the fewest threads on every warp, that with the most on two of them, in turn.</summary>
public sealed class WarpSweepTests(ITestOutputHelper log)
{
    private const int ShapesAVariant = 2;
    private const ulong Seed = 5;

    public static TheoryData<string> Operations => new(OperationChecks.All.Select(check => check.Name));

    [Theory]
    [MemberData(nameof(Operations))]
    public void GroupVariantsAreRightAndTheSameOnEveryWarp(string operation)
    {
        using var devices = new WarpDevices();
        var cases = new VariantCases(operation, devices);
        var seen = new HashSet<int>();
        foreach (var launch in cases.Some(VariantKind.Group, ShapesAVariant))
        {
            var isFirst = seen.Add(launch.VariantIndex);
            LaunchOutcome? first = null;
            foreach (var warp in WarpDevices.Warps.Where((_, i) => isFirst || i % 2 == seen.Count % 2))
            {
                if (launch.RequiredWarp != 0 && launch.RequiredWarp != warp)
                {
                    log.WriteLine($"{launch}: not run on warps of {warp}, it is bound to {launch.RequiredWarp}");
                    continue;
                }

                var outcome = cases.Launch(devices[warp, launch.GroupSize], launch, Seed);
                Assert.True(outcome.Problem is null, $"{launch}, warps of {warp}, groups of {launch.GroupSize}: {outcome.Problem}");
                var difference = outcome.DifferenceFrom(first ??= outcome);
                Assert.True(difference is null, $"{launch}, warps of {warp}, against the first that ran: {difference}");
            }
        }
    }

    [Fact]
    public void EveryKernelVariantHasACase()
    {
        using var devices = new WarpDevices();
        var launched = OperationChecks.All
            .SelectMany(check => new VariantCases(check.Name, devices).All)
            .Select(launch => (launch.Variant, launch.Kind))
            .ToHashSet();
        var variants = KernelCatalog.Entries().Select(kernel => (Variant: kernel.Variant.Split(", ")[0], kernel.Kind)).Distinct();
        Assert.Equal([], variants.Except(launched));
    }

    /// <summary>The list of variants that other warps cannot run. There is none: a warp is nowhere part of the arithmetic.
    /// Whoever adds one adds its name here, and to the README.</summary>
    [Fact]
    public void VariantsBoundToAWarpAreListed()
    {
        using var devices = new WarpDevices();
        var bound = OperationChecks.All
            .SelectMany(check => new VariantCases(check.Name, devices).All)
            .Where(launch => launch.RequiredWarp != 0)
            .Select(launch => $"{launch.Variant}: {launch.RequiredWarp}")
            .Distinct();
        Assert.Equal([], bound);
    }

    [Fact]
    public void AVariantBoundToAWarpIsDeclinedOnOthers()
    {
        using var devices = new WarpDevices();
        var bound = new KernelVariant<AddArgs>(
            "bound", VariantKind.Group, static _ => { }, _ => (in AddArgs _) => new KernelConfig(1, 32))
        {
            RequiredWarp = 32,
        };
        foreach (var warp in WarpDevices.Warps)
        {
            Assert.Equal(warp == 32, bound.Supports(devices[warp, 64].Traits, default));
        }
    }
}
