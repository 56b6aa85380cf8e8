using GpuTransformer.Diagnostics.Verify;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Verify finds what is wrong, and nothing where nothing is.</summary>
public sealed class VerifyRunTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private const string Variant = "softcap-rows-scalar";

    public static TheoryData<string> Operations => new(OperationChecks.All.Select(check => check.Name));

    [Theory]
    [MemberData(nameof(Operations))]
    public void EveryOperationPasses(string name)
    {
        var run = new VerifyRun(new(devices[TestDeviceKind.Default].Kernels), SweepExtent.Quick, 3, name);
        run.Execute();
        Assert.Null(run.DeviceError);
        Assert.All(run.Results(), result => Assert.True(
            result.Outcome is VariantOutcome.Passed or VariantOutcome.NotOnThisDevice,
            $"{result.Variant} {result.Outcome}: {string.Join(", ", result.Failures)}"));
        Assert.All(run.Results().Where(r => r.Outcome == VariantOutcome.Passed), result =>
        {
            Assert.InRange(result.LargestShare, 0, 1);
            Assert.True(result.SameTwice);
            Assert.NotEqual(false, result.SameInBatch);
        });
    }

    [Fact]
    public void AWrongNumberIsFound()
    {
        var result = Tampered((_, _, values) => values[0] += 0.01f);
        Assert.Equal(VariantOutcome.Failed, result.Outcome);
        Assert.True(result.LargestShare > 1);
        Assert.Contains(result.Failures, failure => failure.Problem.StartsWith("y: element 0 is ", StringComparison.Ordinal));
        Assert.Contains("expected", result.Failures[0].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void AnElementThatWasNotWrittenIsFound()
    {
        var result = Tampered((_, _, values) => values[1] = float.NaN);
        Assert.Contains(result.Failures, failure => failure.Problem.Contains("element 1 is NaN", StringComparison.Ordinal));
        Assert.Equal(double.PositiveInfinity, result.LargestError);
    }

    [Fact]
    public void ARowPastThoseInUseIsFound()
    {
        var result = Tampered((_, _, values) => values[^1] = 0);
        Assert.Contains(result.Failures, failure => failure.Problem.Contains("expected NaN", StringComparison.Ordinal));
    }

    [Fact]
    public void BitsThatDifferInASecondRunAreFound()
    {
        var result = Tampered((_, run, values) => values[2] = run == 1 ? MathF.BitIncrement(values[2]) : values[2]);
        Assert.False(result.SameTwice);
        Assert.InRange(result.LargestShare, 0, 1);
        Assert.All(result.Failures, failure => Assert.Contains("in the second run", failure.Problem, StringComparison.Ordinal));
    }

    [Fact]
    public void BitsThatDependOnTheBatchAreFound()
    {
        // Outputs of one row without spare ones are those of the last row alone.
        var run = new VerifyRun(new(devices[TestDeviceKind.Default].Kernels), SweepExtent.Quick, 1, "SoftCap")
        {
            Tamper = (variant, _, values) => values[0] = variant == Variant && values.Length == 1024 ? MathF.BitIncrement(values[0]) : values[0],
        };
        run.Execute();
        var result = run.Results().Single(r => r.Variant == Variant);
        Assert.False(result.SameInBatch);
        Assert.True(result.SameTwice);
        Assert.Contains(result.Failures, failure => failure.Batch == "unit 3" && failure.Problem.Contains("but", StringComparison.Ordinal));
    }

    [Fact]
    public void WhenTheDeviceFailsTheResultsSoFarStand()
    {
        var run = new VerifyRun(new(devices[TestDeviceKind.Default].Kernels), SweepExtent.Smoke, 1, "Norm")
        {
            Tamper = (variant, _, _) =>
            {
                if (variant.StartsWith("batchnorm", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException("the device is gone");
                }
            },
        };
        run.Execute();
        Assert.Contains("the device is gone", run.DeviceError, StringComparison.Ordinal);
        Assert.Contains("batchnorm-naive", run.DeviceError, StringComparison.Ordinal);
        Assert.Contains(run.Results(), result => result is { Variant: "layernorm-naive", Outcome: VariantOutcome.Passed });
        Assert.DoesNotContain(run.Results(), result => result.Operation == "GroupNorm");
    }

    [Fact]
    public void OnlyTheKindThatWasAskedForRuns()
    {
        using var device = new TestDevice(TestDeviceKind.Default, VariantKind.Naive);
        var run = new VerifyRun(new(device.Kernels), SweepExtent.Smoke, 1, "Softmax");
        run.Execute();
        Assert.Equal(["softmax-naive"], run.Results().Select(result => result.Variant));
    }

    [Fact]
    public void InputsOfAUnitDoNotDependOnTheOthers()
    {
        var device = devices[TestDeviceKind.Default];
        var values = new UnitValues(7, "shape");
        using var all = new CheckBatch(device.Kernels, values, [0, 1, 2], 1);
        using var one = new CheckBatch(device.Kernels, values, [2], 0);
        Assert.Equal(all.UnitArray(0, 50, Spread.Outliers)[100..150], one.UnitArray(0, 50, Spread.Outliers));
        Assert.NotEqual(new UnitValues(8, "shape").Filled(0, 9, Spread.Normal), values.Filled(0, 9, Spread.Normal));
        var many = values.Filled(1, 100_000, Spread.Normal);
        Assert.InRange(many.Average(), -0.02, 0.02);
        Assert.InRange(many.Average(v => v * v), 0.98, 1.02);
    }

    [Fact]
    public void AWriteOutsideIsFound()
    {
        var device = devices[TestDeviceKind.Default];
        using var output = new GuardedOutput(device, 2, 3, 5);
        using var integers = new GuardedIntegers(device, 2);
        output.View.Data.SubView(64 + 3, 1).CopyFromCPU(device.Stream, [1f]);
        integers.View.SubView(GuardedIntegers.Offset - 1, 1).CopyFromCPU(device.Stream, [1]);
        output.Read(out var damage);
        Assert.Contains("row 0, column 3", damage, StringComparison.Ordinal);
        integers.Read(out damage);
        Assert.Contains("at -1", damage, StringComparison.Ordinal);
        output.Poison();
        integers.Poison();
        Assert.All(output.Read(), value => Assert.True(float.IsNaN(value)));
        Assert.All(integers.Read(out damage), value => Assert.True(float.IsNaN(value)));
        Assert.Null(damage);
    }

    private VariantResult Tampered(Action<string, int, float[]> tamper)
    {
        var run = new VerifyRun(new(devices[TestDeviceKind.Default].Kernels), SweepExtent.Quick, 1, "SoftCap")
        {
            Tamper = (variant, index, values) =>
            {
                // The whole batch of the widest shape, with its spare rows.
                if (variant == Variant && values.Length == 6 * 1024)
                {
                    tamper(variant, index, values);
                }
            },
        };
        run.Execute();
        Assert.All(run.Results().Where(r => r.Variant != Variant), r => Assert.NotEqual(VariantOutcome.Failed, r.Outcome));
        return run.Results().Single(r => r.Variant == Variant);
    }
}
