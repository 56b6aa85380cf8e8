using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class NormTests
{
    private const float Epsilon = 1e-5f;

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        foreach (NormOperation norm in new NormOperation[] { device.Kernels.LayerNorm, device.Kernels.RmsNorm })
        {
            var sweep = new VariantSweep<NormArgs>(device, norm);
            (int Rows, int Width)[] shapes =
                [(1, 1), (3, 2), (2, 15), (5, 16), (2, 17), (3, 31), (1, 33), (2, 64), (2, 65), (3, 128), (2, 260), (1, 768)];
            foreach (var (rows, width) in shapes)
            {
                Case(device, sweep, norm is LayerNorm, rows, width, offset: 4, padding: 4, residual: false, sum: false);
                Case(device, sweep, norm is LayerNorm, rows, width, offset: 3, padding: 2, residual: true, sum: true);
            }

            Case(device, sweep, norm is LayerNorm, 3, 40, offset: 8, padding: 0, residual: true, sum: false);
            Case(device, sweep, norm is LayerNorm, 3, 40, offset: 8, padding: 8, residual: true, sum: true);
            foreach (var width in new[] { 1028, 1030, 4100, 4101 })
            {
                Case(device, sweep, norm is LayerNorm, 2, width, offset: 0, padding: 0, residual: false, sum: true);
            }

            // Several rows a group, the last group not full.
            foreach (var (rows, width) in new[] { (37, 12), (21, 300), (9, 1028) })
            {
                Case(device, sweep, norm is LayerNorm, rows, width, offset: 4, padding: 0, residual: false, sum: false);
                Case(device, sweep, norm is LayerNorm, rows, width, offset: 3, padding: 1, residual: false, sum: false);
            }

            Case(device, sweep, norm is LayerNorm, 1, 8196, offset: 4, padding: 0, residual: true, sum: true);
            Case(device, sweep, norm is LayerNorm, 1, 8193, offset: 4, padding: 0, residual: true, sum: true);
            sweep.AssertAllOfTheDeviceRan();
        }
    }

    /// <summary>One order of the sums: the naive kernel on a device with groups of 16 and every group kernel on every device,
    /// with rows that start anywhere.</summary>
    [Fact]
    public void EveryGpuVariantGivesTheSameBits()
    {
        using var reference = new TestDevice(TestDeviceKind.Default);
        foreach (var width in new[] { 3, 64, 100, 256, 257, 768, 1025, 2048, 4096, 4100, 8193 })
        {
            var values = Data.WithOutliers(2 * width, width);
            var expected = Bits(reference, reference.Kernels.LayerNorm.Table[0], values, width, offset: 0)!;
            foreach (var kind in Enum.GetValues<TestDeviceKind>())
            {
                using var device = new TestDevice(kind);
                foreach (var variant in device.Kernels.LayerNorm.Table)
                {
                    for (var offset = 0; offset < 2 && variant.Kind == VariantKind.Group; offset++)
                    {
                        var actual = Bits(device, variant, values, width, offset);
                        Tolerance.SameBits(expected, actual ?? expected, $"{variant.Name} {width} at {offset}");
                    }
                }
            }
        }
    }

    /// <summary>null where the variant does not take the arguments.</summary>
    private static float[]? Bits(TestDevice device, Variant<NormArgs> variant, float[] values, int width, int offset)
    {
        using var x = device.Upload(Data.Strided(values, 2, width, width, offset));
        using var weights = device.Upload(Data.Normal(width, 5));
        using var y = device.Accelerator.Allocate1D<float>(2 * width);
        var args = Arguments(new RowView(x.View, offset, width), RowView.Dense(y.View, width), weights, 2, width);
        if (!variant.Supports(device.Kernels.Traits, args))
        {
            return null;
        }

        device.Kernels.LayerNorm.RunVariant(device.Stream, args, variant);
        device.Stream.Synchronize();
        return y.GetAsArray1D();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void SumAndOutputMayTakeThePlaceOfTheInputs(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        const int rows = 3, width = 36;
        var x = Data.WithOutliers(rows * width, 1);
        var residual = Data.Normal(rows * width, 2);
        var weight = Data.Normal(width, 3);
        var (expected, expectedSum) = NormReference.Rows(true, x, residual, weight, weight, rows, width, Epsilon);
        using var weights = device.Upload(weight);
        MemoryBuffer1D<float, Stride1D.Dense>? first = null, second = null;
        var sweep = new VariantSweep<NormArgs>(device, device.Kernels.LayerNorm);
        sweep.Each(
            () =>
            {
                (first, second) = (device.Upload(x), device.Upload(residual));
                var args = Arguments(RowView.Dense(first.View, width), RowView.Dense(first.View, width), weights, rows, width);
                args.Residual = RowView.Dense(second.View, width);
                args.HasResidual = 1;
                args.Sum = args.Residual;
                args.HasSum = 1;
                return args;
            },
            name =>
            {
                Tolerance.Close(expected, first!.GetAsArray1D(), Tolerances.Norm, name);
                Tolerance.Close(expectedSum, second!.GetAsArray1D(), Tolerances.NormSum, name);
                first!.Dispose();
                second!.Dispose();
            });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ALargeMeanLosesNothing(TestDeviceKind kind)
    {
        // Values of 4096 ± 1 are stored to 2^-12·2^-1; what matters is that no square of 4096 enters the variance.
        using var device = new TestDevice(kind);
        const int rows = 2, width = 64;
        var x = Data.Normal(rows * width, 4);
        for (var i = 0; i < x.Length; i++)
        {
            x[i] += 4096;
        }

        var weight = Enumerable.Repeat(1f, width).ToArray();
        var (expected, _) = NormReference.Rows(true, x, null, weight, null, rows, width, Epsilon);
        using var input = device.Upload(x);
        using var weights = device.Upload(weight);
        var sweep = new VariantSweep<NormArgs>(device, device.Kernels.LayerNorm);
        GuardedOutput? output = null;
        sweep.Each(
            () =>
            {
                output = new GuardedOutput(device, rows, width);
                return Arguments(RowView.Dense(input.View, width), output.View, weights, rows, width) with { HasBias = 0 };
            },
            name =>
            {
                // The mean itself is rounded to 2^-11·2^-1.
                Tolerance.Close(expected, output!.Read(), 5e-4, 0, name);
                output.Dispose();
            });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ARowsBitsDependOnItAloneAndRowsPastTheCountAreLeft(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        const int capacity = 5, active = 4, width = 44;
        var values = Data.WithOutliers(capacity * width, 7);
        values[width + 3] = float.NaN;
        using var x = device.Upload(values);
        using var weights = device.Upload(Data.Normal(width, 8));
        using var state = device.Upload([active]);
        using var one = device.Accelerator.Allocate1D<float>(width);
        var norm = device.Kernels.LayerNorm;
        foreach (var variant in norm.Table)
        {
            using var output = new GuardedOutput(device, capacity, width);
            var args = Arguments(RowView.Dense(x.View, width), output.View, weights, capacity, width);
            args.Rows = ActiveRows.FromState(state.View, 0, capacity);
            if (!variant.Supports(device.Kernels.Traits, args))
            {
                continue;
            }

            norm.RunVariant(device.Stream, args, variant);
            norm.RunVariant(
                device.Stream,
                Arguments(new RowView(x.View, 3 * width, width), RowView.Dense(one.View, width), weights, 1, width), variant);
            device.Stream.Synchronize();
            var y = output.Read();
            Assert.Equal(y[(3 * width)..(4 * width)], one.GetAsArray1D());
            Assert.All(y[width..(2 * width)], value => Assert.True(float.IsNaN(value), variant.Name));
            Assert.DoesNotContain(y[..width], float.IsNaN);
            Assert.All(y[(active * width)..], value => Assert.True(float.IsNaN(value), variant.Name));
        }
    }

    [Fact]
    public void FriendlyOverloadsRun()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        const int rows = 3, width = 10;
        var (x, residual) = (Data.Normal(rows * width, 1), Data.Normal(rows * width, 2));
        var (weight, bias) = (Data.Normal(width, 3), Data.Normal(width, 4));
        using var xs = device.Upload(x);
        using var residuals = device.Upload(residual);
        using var weights = device.Upload(weight);
        using var biases = device.Upload(bias);
        using var sum = device.Accelerator.Allocate1D<float>(rows * width);
        using var y = device.Accelerator.Allocate1D<float>(rows * width);
        var layerNorm = device.Kernels.LayerNorm;
        var rmsNorm = device.Kernels.RmsNorm;
        layerNorm.Run(device.Stream, xs.View, weights.View, biases.View, y.View, rows, width);
        Expect(NormReference.Rows(true, x, null, weight, bias, rows, width, 1e-5).Y, y);
        layerNorm.Run(device.Stream, xs.View, residuals.View, weights.View, biases.View, sum.View, y.View, rows, width);
        var (expected, expectedSum) = NormReference.Rows(true, x, residual, weight, bias, rows, width, 1e-5);
        Expect(expected, y);
        Expect(expectedSum, sum);
        rmsNorm.Run(device.Stream, xs.View, weights.View, y.View, rows, width);
        Expect(NormReference.Rows(false, x, null, weight, null, rows, width, 1e-6).Y, y);
        rmsNorm.Run(device.Stream, xs.View, residuals.View, weights.View, ArrayView<float>.Empty, y.View, rows, width);
        Expect(NormReference.Rows(false, x, residual, weight, null, rows, width, 1e-6).Y, y);

        void Expect(double[] reference, MemoryBuffer1D<float, Stride1D.Dense> actual)
        {
            device.Stream.Synchronize();
            Tolerance.Close(reference, actual.GetAsArray1D(), Tolerances.Norm, "overload");
        }
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var six = device.Upload(new float[6]);
        var good = Arguments(RowView.Dense(six.View, 3), RowView.Dense(six.View, 3), six, 2, 3);
        Refused(good with { X = RowView.Dense(six.View.SubView(0, 5), 3) }, "x needs 6 elements");
        Refused(good with { Y = new RowView(six.View, 0, 2) }, "stride of y");
        Refused(good with { Weight = six.View.SubView(0, 2) }, "weight needs 3 elements");
        Refused(good with { BiasOffset = 4 }, "bias needs 7 elements");
        Refused(good with { HasResidual = 1 }, "stride of residual");
        Refused(good with { HasSum = 1, Sum = new RowView(six.View, 1, 3) }, "sum needs 7 elements");
        Refused(good with { Epsilon = float.PositiveInfinity }, "epsilon");
        Refused(good with { Width = 0 }, "width");

        void Refused(NormArgs args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.LayerNorm.Run(device.Stream, args));
            Assert.StartsWith("LayerNorm: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static NormArgs Arguments(
        RowView x, RowView y, MemoryBuffer1D<float, Stride1D.Dense> weight, int rows, int width) => new()
        {
            X = x,
            Y = y,
            Weight = weight.View,
            Bias = weight.View,
            HasBias = 1,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = Epsilon,
        };

    private static void Case(
        TestDevice device, VariantSweep<NormArgs> sweep, bool subtractsMean,
        int rows, int width, int offset, int padding, bool residual, bool sum)
    {
        var stride = width + padding;
        var shift = sum ? 1f : 0f;
        var x = Data.WithOutliers(rows * width, 100 * rows + width);
        var residualValues = Data.Normal(rows * width, width);
        var weight = Data.Normal(offset + 2 * width, 1);
        var (expected, expectedSum) = NormReference.Rows(
            subtractsMean, x, residual ? residualValues : null, weight[offset..(offset + width)],
            subtractsMean ? weight[^width..] : null, rows, width, Epsilon, shift);
        using var xs = device.Upload(Data.Strided(x, rows, width, stride, offset));
        using var residuals = device.Upload(Data.Strided(residualValues, rows, width, stride, offset));
        using var weights = device.Upload(weight);
        GuardedOutput? output = null, sums = null;
        sweep.Each(
            () =>
            {
                (output, sums) = (new GuardedOutput(device, rows, width, stride), new GuardedOutput(device, rows, width, stride));
                var args = Arguments(new RowView(xs.View, offset, stride), output.View, weights, rows, width);
                args.WeightOffset = offset;
                args.BiasOffset = offset + width;
                args.HasBias = subtractsMean ? 1 : 0;
                args.WeightShift = shift;
                args.Residual = new RowView(residuals.View, offset, stride);
                args.HasResidual = residual ? 1 : 0;
                args.Sum = sums.View;
                args.HasSum = sum ? 1 : 0;
                return args;
            },
            name =>
            {
                Tolerance.Close(expected, output!.Read(), Tolerances.Norm, $"{name} {rows}x{width}");
                var written = sums!.Read();
                if (sum)
                {
                    Tolerance.Close(expectedSum, written, Tolerances.NormSum, $"{name} sum {rows}x{width}");
                }
                else
                {
                    Assert.All(written, value => Assert.True(float.IsNaN(value), name));
                }

                output.Dispose();
                sums.Dispose();
            });
    }
}
