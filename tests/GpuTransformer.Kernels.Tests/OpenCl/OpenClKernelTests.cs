using GpuTransformer.Diagnostics.Verify;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Every operation through every variant of an OpenCL device: against float64, a second time, and in other
/// batches. How to run them: <see cref="OpenClKernels"/>.</summary>
public sealed class OpenClKernelTests(OpenClKernels opened) : IClassFixture<OpenClKernels>
{
    private const ulong Seed = 7;

    public static TheoryData<string> Operations => new(OperationChecks.All.Select(check => check.Name));

    [SkippableTheory]
    [MemberData(nameof(Operations))]
    public void EveryVariantIsRight(string operation)
    {
        var check = OperationChecks.All.Single(check => check.Name == operation);
        var run = new VerifyRun(new(opened.Kernels), SweepExtent.Quick, Seed, checks: [check]);
        run.Execute();
        Assert.Null(run.DeviceError);
        Assert.Contains(run.Results(), result => result is { Kind: "group", Outcome: VariantOutcome.Passed });
        foreach (var result in run.Results())
        {
            Assert.True(
                result.Outcome is VariantOutcome.Passed or VariantOutcome.NotOnThisDevice,
                $"{result.Variant} {result.Outcome}: {string.Join(", ", result.Failures)}");
            Assert.True(result.SameTwice is not false && result.SameInBatch is not false, result.Variant);
        }
    }

    [SkippableFact]
    public void TraitsAreReadFromTheDevice()
    {
        var traits = opened.Kernels.Traits;
        Assert.Equal(DeviceKind.OpenCl, traits.Kind);
        Assert.Equal(opened.Kernels.Accelerator.WarpSize, traits.WarpSize);
        Assert.InRange(traits.WarpSize, 1, traits.MaxGroupSize);
        Assert.InRange(traits.SharedBytes, 16 << 10, int.MaxValue);
        Assert.Equal(0, traits.ComputeCapability);
    }
}
