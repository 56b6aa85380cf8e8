using GpuTransformer.Diagnostics.Verify;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>No kernel and no variant is forgotten by verify.</summary>
public class VerifyCoverageTests
{
    private static readonly DeviceTraits s_gpu = new()
    {
        Kind = DeviceKind.Cuda,
        Name = "a data centre's GPU",
        WarpSize = 32,
        MaxGroupSize = 1024,
        SharedBytes = 49152,
        Multiprocessors = 132,
        ComputeCapability = 90,
    };

    public static TheoryData<string> Operations => new(OperationChecks.All.Select(check => check.Name));

    [Fact]
    public void EveryKernelOfTheCatalogueHasACheck()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var known = OperationChecks.All.SelectMany(check => check.Kernels(device.Kernels)).ToHashSet();
        var forgotten = KernelCatalog.Entries().Where(kernel => !known.Contains(kernel.Method)).Select(kernel => $"{kernel.Operation} {kernel.Variant}");
        Assert.Empty(forgotten);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void EveryVariantIsReached(string name)
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var check = OperationChecks.All.Single(check => check.Name == name);
        foreach (var extent in new[] { SweepExtent.Smoke, SweepExtent.Quick })
        {
            // One process runs one width of CPU tile; every other variant is for a GPU.
            var left = check.Unreached(device.Kernels, new SweepPlan(s_gpu, extent)).ToHashSet();
            left.IntersectWith(check.Unreached(device.Kernels, new SweepPlan(device.Kernels.Traits, extent)));
            Assert.True(left.Count == 0, $"{name}: no shape of the {extent} sweep suits {string.Join(", ", left)}: {check.GetType().Name} wants one.");
        }
    }

    [Fact]
    public void AVariantThatCannotRunSaysWhatItNeeds()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var run = new VerifyRun(new(device.Kernels), SweepExtent.Smoke, 1, "MatMul");
        run.Execute();
        var result = run.Results().Single(r => r.Variant == "matmul-naive");
        Assert.Equal(VariantOutcome.Passed, result.Outcome);
        var wide = run.Results().Where(r => r.Outcome == VariantOutcome.NotOnThisDevice).ToArray();
        Assert.NotEmpty(wide);
        Assert.All(wide, r => Assert.Matches($"^needs \\d+ threads a group, device allows {device.Kernels.Traits.MaxGroupSize}$", r.Reason));
    }
}
