using GpuTransformer.Diagnostics.Verify;
using ILGPU;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A kernel that cannot be launched is a failure of its variant alone, and the device is opened anew after it.</summary>
public class BrokenVariantTests
{
    [Fact]
    public void TheOthersAreTriedWithoutIt()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var opened = 0;
        using var devices = new VerifyDevices(device.Kernels, () =>
        {
            opened++;
            return ComputeDevice.Open("cpu");
        });
        var run = new VerifyRun(devices, SweepExtent.Smoke, 1, checks: [new BrokenCheck()]);
        run.Execute();
        Assert.Null(run.DeviceError);
        Assert.Equal(1, opened);
        var results = run.Results().ToDictionary(result => result.Variant);
        Assert.Equal(VariantOutcome.Failed, results["add-broken"].Outcome);
        Assert.Contains("this device has no such groups", results["add-broken"].Failures[0].Problem, StringComparison.Ordinal);
        Assert.Equal(1, results["add-broken"].FailureCount);
        Assert.Equal(VariantOutcome.Passed, results["add-naive"].Outcome);
        Assert.Equal(Add.Variants.Length + 1, results.Count);
    }

    [Fact]
    public void WhereItCannotBeOpenedAnewTheRunGoesOn()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var run = new VerifyRun(new(device.Kernels), SweepExtent.Smoke, 1, checks: [new BrokenCheck()]);
        run.Execute();
        Assert.Equal(1, run.Results().Count(result => result.Outcome == VariantOutcome.Failed));
        Assert.Equal(Add.Variants.Length, run.Results().Count(result => result.Outcome == VariantOutcome.Passed));
    }

    private sealed class BrokenCheck : OperationCheck<AddArgs>
    {
        private readonly AddCheck _whole = new();

        public override string Name => "Broken";

        protected override Operation<AddArgs> Of(KernelSet kernels) => new BrokenAdd(kernels);

        protected override IEnumerable<CheckShape<AddArgs>> Shapes(SweepPlan plan) => _whole.ShapesOf(plan);
    }

    private sealed class BrokenAdd(KernelSet kernels) : Operation<AddArgs>(
        kernels,
        "Broken",
        [
            new KernelVariant<AddArgs>(
                "add-broken", VariantKind.Group, RowMapNaive<AddMap, AddArgs>.Kernel,
                _ => (in AddArgs _) => throw new NotSupportedException("this device has no such groups")),
            .. Add.Variants,
        ])
    {
        protected override void Check(in AddArgs args) => ShapeCheck.AtLeast(Name, "width", args.Width, 1);

        protected override bool IsEmpty(in AddArgs args) => args.Rows.Capacity == 0;

        protected override (string Shape, long Flops, long Bytes) Describe(in AddArgs args) => ("", 0, 0);
    }
}
