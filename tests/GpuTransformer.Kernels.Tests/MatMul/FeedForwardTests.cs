using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class FeedForwardTests
{
    // Two sums of normal products, widths below 100: some 10 · 2^-24 each.
    private const double Absolute = 5e-6;
    private const double Relative = 5e-6;

    public static TheoryData<TestDeviceKind, VariantKind?> Variants => new()
    {
        { TestDeviceKind.Default, null },
        { TestDeviceKind.Default, VariantKind.Naive },
        { TestDeviceKind.Default, VariantKind.Group },
        { TestDeviceKind.Intel, VariantKind.Group },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void MatchesTheReference(TestDeviceKind kind, VariantKind? variant)
    {
        using var device = new TestDevice(kind, variant);
        Case(device, 1, 4, 8, 4, residual: false);
        Case(device, 17, 31, 65, 31, residual: true);
        Case(device, 5, 16, 33, 7, residual: false);
    }

    [Fact]
    public void TheOutputMayTakeThePlaceOfInputAndResidual()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        const int rows = 3, width = 8, inner = 20;
        using var first = new LinearReference(device, inner, width, 1, bias: false);
        using var second = new LinearReference(device, width, inner, 2);
        var x = Data.Normal(rows * width, 3);
        using var xs = device.Upload(x);
        using var workspace = device.Accelerator.Allocate1D<float>(FeedForward.WorkspaceLength(rows, first.Packed));
        device.Kernels.FeedForward.Run(
            device.Stream, xs.View, first.Packed, second.Packed, xs.View, rows, workspace.View, ActivationKind.Relu, xs.View);
        device.Stream.Synchronize();
        Tolerance.Close(Expected(first, second, x, x), xs.GetAsArray1D(), Absolute, Relative, "in place");
        device.Kernels.FeedForward.Run(
            device.Stream, xs.View, first.Packed, second.Packed, xs.View, 0, workspace.View, ActivationKind.Relu);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var first = new LinearReference(device, 6, 2, 1);
        using var second = new LinearReference(device, 3, 6, 2);
        using var view = device.Upload(new float[12]);
        Run(view.View.SubView(0, 3), first, second, view.View, view.View, default, "x needs 4 elements");
        Run(view.View, first, second, view.View.SubView(0, 5), view.View, default, "y needs 6 elements");
        Run(view.View, first, second, view.View, view.View.SubView(0, 11), default, "workspace needs 12 elements");
        Run(view.View, first, second, view.View, view.View, view.View.SubView(0, 5), "residual needs 6 elements");
        Run(view.View, second, second, view.View, view.View, default, "second must take the 3 outputs of first, found 6");
        Assert.Contains(
            "bias needs 6", Assert.Throws<ShapeException>(() => new PackedLinear(first.Packed.Weight, view.View.SubView(0, 5))).Message,
            StringComparison.Ordinal);

        void Run(
            ArrayView<float> x, LinearReference one, LinearReference two, ArrayView<float> y, ArrayView<float> workspace,
            ArrayView<float> residual, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.FeedForward.Run(
                device.Stream, x, one.Packed, two.Packed, y, 2, workspace, ActivationKind.Relu, residual));
            Assert.StartsWith("FeedForward: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(TestDevice device, int rows, int width, int inner, int outputs, bool residual)
    {
        using var first = new LinearReference(device, inner, width, 10);
        using var second = new LinearReference(device, outputs, inner, 20);
        var x = Data.Normal(rows * width, 30);
        var residualValues = Data.Normal(rows * outputs, 40);
        using var xs = device.Upload(x);
        using var residuals = device.Upload(residualValues);
        using var y = new GuardedOutput(device, rows, outputs);
        using var workspace = device.Accelerator.Allocate1D<float>(FeedForward.WorkspaceLength(rows, first.Packed));
        device.Kernels.FeedForward.Run(
            device.Stream, xs.View, first.Packed, second.Packed, y.View.Data.SubView(y.View.Offset, rows * outputs), rows,
            workspace.View, ActivationKind.Relu, residual ? residuals.View : ArrayView<float>.Empty);
        device.Stream.Synchronize();
        Tolerance.Close(
            Expected(first, second, x, residual ? residualValues : null), y.Read(), Absolute, Relative, $"{rows}x{width}x{inner}");
    }

    private static double[] Expected(LinearReference first, LinearReference second, float[] x, float[]? residual)
    {
        var inner = first.Apply([.. x.Select(v => (double)v)]);
        var y = second.Apply([.. inner.Select(v => Math.Max(0, v))]);
        return residual is null ? y : [.. y.Zip(residual, (a, b) => a + b)];
    }
}
