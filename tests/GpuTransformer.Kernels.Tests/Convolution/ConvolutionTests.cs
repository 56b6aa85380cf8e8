using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The convolution as an implicit matmul, against float64 and against unfolding and matmul.</summary>
public sealed class ConvolutionTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    // A sum of 400 products of size 1 reaches 20 on its way and is rounded 400 times by 20 · 2^-25: 2e-5 at random.
    private const double Absolute = 1e-4;

    /// <summary>More than a chunk of k, in one tile (split on one multiprocessor) and in six.</summary>
    private static readonly ConvolutionCase[] s_long =
        [new(1, 5, 6, 40, 3, 3, 1, 1, 1), new(2, 5, 13, 32, 3, 3, 1, 1, 1), new(1, 6, 5, 37, 3, 3, 2, 1, 1)];

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<ConvolutionArgs>(device, device.Kernels.Convolution);
        foreach (var shape in ConvolutionCase.All)
        {
            Verify(device, sweep, shape, outputs: 5, planes: false, new Place(true));
            Verify(device, sweep, shape, outputs: 17, planes: true, new Place(false));
            Verify(device, sweep, shape, outputs: 4, planes: true, new Place(true));
        }

        foreach (var shape in s_long)
        {
            Verify(device, sweep, shape, outputs: 70, planes: false, new Place(true));
            Verify(device, sweep, shape, outputs: 70, planes: false, new Place(false));
            Verify(device, sweep, shape, outputs: 3, planes: true, new Place(true));
        }

        Verify(device, sweep, s_long[1], outputs: 70, planes: true, new Place(true));
        sweep.AssertAllOfTheDeviceRan();
    }

    [Fact]
    public void BiasActivationAndResidualComeAfterTheSumAndUnusedPositionsAreLeft()
    {
        var device = devices[TestDeviceKind.Intel];
        var sweep = new VariantSweep<ConvolutionArgs>(device, device.Kernels.Convolution);
        var shape = new ConvolutionCase(2, 6, 5, 4, 3, 3, 2, 1, 1);
        const int outputs = 7, active = 11;
        var (values, weight) = (Data.Normal(2 * 6 * 5 * 4, 1), Data.Normal(outputs * shape.RowWidth, 2));
        var (bias, residual) = (Data.Normal(outputs, 3), Data.Normal(shape.Rows * outputs, 4));
        var expected = shape.Convolved(values, weight, outputs);
        for (var i = 0; i < expected.Length; i++)
        {
            expected[i] = Math.Max(0, expected[i] + bias[i % outputs]) + residual[i];
        }

        using var x = device.Upload(values);
        using var w = device.Upload(weight);
        using var b = device.Upload(bias);
        using var r = device.Upload(residual);
        using var state = device.Upload([active]);
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y = new GuardedOutput(device, shape.Rows, outputs);
                var args = Arguments(shape, false, 0, RowView.Dense(x.View, 1), RowView.Dense(w.View, shape.RowWidth), y.View, outputs);
                args.Product.Rows = ActiveRows.FromState(state.View, 0, shape.Rows);
                args.Product.Epilogue = StandardEpilogue.None with
                {
                    Bias = b.View,
                    HasBias = 1,
                    Activation = (int)ActivationKind.Relu,
                    Residual = RowView.Dense(r.View, outputs),
                    HasResidual = 1,
                };
                return args;
            },
            name =>
            {
                var rows = y!.Read();
                Tolerance.Close(expected[..(active * outputs)], rows[..(active * outputs)], Absolute, 0, name);
                Assert.All(rows[(active * outputs)..], value => Assert.True(float.IsNaN(value), name));
                y.Dispose();
            });
    }

    [Fact]
    public void TheFriendlyOverloadRunsAndWrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        var shape = new ConvolutionCase(2, 4, 4, 3, 3, 3, 1, 1, 1);
        const int outputs = 2;
        var (values, weight) = (Data.Normal(2 * 4 * 4 * 3, 1), Data.Normal(outputs * shape.RowWidth, 2));
        using var x = device.Upload(values);
        using var w = device.Upload(weight);
        using var y = device.Accelerator.Allocate1D<float>(shape.Rows * outputs);
        var convolution = device.Kernels.Convolution;
        convolution.Run(device.Stream, x.View, w.View, default, y.View, 2, 4, 4, 3, outputs, 3, 1, 1);
        device.Stream.Synchronize();
        Tolerance.Close(shape.Convolved(values, weight, outputs), y.GetAsArray1D(), Absolute, 0, "overload");

        Refused("x needs", () => convolution.Run(device.Stream, x.View.SubView(1, 95), w.View, default, y.View, 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("weight needs", () => convolution.Run(device.Stream, x.View, w.View.SubView(1, 53), default, y.View, 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("y needs", () => convolution.Run(device.Stream, x.View, w.View, default, y.View.SubView(1, 63), 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("bias needs", () => convolution.Run(device.Stream, x.View, w.View, w.View.SubView(0, 1), y.View, 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("strideHeight", () => convolution.Run(device.Stream, x.View, w.View, default, y.View, 2, 4, 4, 3, outputs, 3, 0, 1));
        var args = Arguments(shape, false, 0, RowView.Dense(x.View, 1), RowView.Dense(w.View, shape.RowWidth), RowView.Dense(y.View, outputs), outputs);
        args.Product.K--;
        Refused("(outputs, 27)", () => convolution.Run(device.Stream, args));
    }

    private static void Refused(string part, Action run)
    {
        var error = Assert.Throws<ShapeException>(run);
        Assert.StartsWith("Convolution: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static ConvolutionArgs Arguments(
        ConvolutionCase shape, bool planes, int gap, RowView x, RowView weight, RowView y, int outputs) => new()
        {
            Image = shape.Arguments(planes, gap) with { X = x.Data, XOffset = x.Offset },
            Product = MatMul.Dense(default, default, default, shape.Rows, outputs, shape.RowWidth, StandardEpilogue.None) with
            {
                Weight = weight,
                Y = y,
            },
        };

    private static void Verify(
        TestDevice device, VariantSweep<ConvolutionArgs> sweep, ConvolutionCase shape, int outputs, bool planes, Place place)
    {
        var each = shape.Height * shape.Width * shape.Channels;
        var values = Data.Normal(shape.Images * each, 1);
        var weightValues = Data.Normal(outputs * shape.RowWidth, 2);
        var gap = place.Aligned ? 4 : 1;
        using var x = new PaddedInput(
            device, planes ? shape.Planes(values) : values, shape.Images, each, place.Offset, each + gap);
        using var weight = new PaddedInput(
            device, weightValues, outputs, shape.RowWidth, place.Offset, place.Stride(shape.RowWidth));
        var expected = shape.Convolved(values, weightValues, outputs);
        var bits = UnfoldAndMultiply(device, shape, values, weightValues, outputs);
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y = new GuardedOutput(device, shape.Rows, outputs, place.Stride(outputs));
                return Arguments(shape, planes, gap, x.View, weight.View, y.View, outputs);
            },
            name =>
            {
                var found = y!.Read();
                Tolerance.Close(expected, found, Absolute, 0, $"{name} {shape} planes {planes}");
                Tolerance.SameBits(bits, found, $"{name} {shape} planes {planes} against unfold and matmul");
                y.Dispose();
            });
    }

    /// <summary>The way over rows in memory, naive.</summary>
    private static float[] UnfoldAndMultiply(TestDevice device, ConvolutionCase shape, float[] values, float[] weight, int outputs)
    {
        using var x = device.Upload(values);
        using var w = device.Upload(weight);
        using var rows = device.Accelerator.Allocate1D<float>(shape.Rows * shape.RowWidth);
        using var y = device.Accelerator.Allocate1D<float>(shape.Rows * outputs);
        var (unfold, matMul) = (device.Kernels.Unfold, device.Kernels.MatMul);
        unfold.RunVariant(
            device.Stream,
            shape.Arguments(false, 0) with
            {
                X = x.View,
                Y = RowView.Dense(rows.View, shape.RowWidth),
                Rows = ActiveRows.Fixed(shape.Rows),
            },
            unfold.Table[0]);
        matMul.RunVariant(
            device.Stream, MatMul.Dense(rows.View, w.View, y.View, shape.Rows, outputs, shape.RowWidth, StandardEpilogue.None), matMul.Table[0]);
        device.Stream.Synchronize();
        return y.GetAsArray1D();
    }
}
