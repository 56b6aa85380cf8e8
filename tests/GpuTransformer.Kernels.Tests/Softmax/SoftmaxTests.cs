using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class SoftmaxTests
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<SoftmaxArgs>(device, device.Kernels.Softmax);
        (int Rows, int Width)[] shapes =
            [(1, 1), (3, 2), (2, 15), (5, 16), (2, 17), (3, 31), (1, 33), (2, 64), (3, 65), (2, 257), (1, 1024), (2, 1025)];
        foreach (var (rows, width) in shapes)
        {
            Case(device, sweep, rows, width, intervals: false, mask: false);
            Case(device, sweep, rows, width, intervals: true, mask: false);
            Case(device, sweep, rows, width, intervals: false, mask: true);
        }

        Case(device, sweep, 7, 19, intervals: true, mask: true);
        foreach (var width in new[] { 4, 60, 256, 260, 516, 1024, 1028, 4100, 8196 })
        {
            Case(device, sweep, 3, width, intervals: true, mask: true, aligned: true);
            Case(device, sweep, 1, width, intervals: false, mask: false, aligned: true);
        }

        // Several rows a group, the last group not full.
        foreach (var (rows, width) in new[] { (37, 12), (21, 300), (9, 1028) })
        {
            Case(device, sweep, rows, width, intervals: true, mask: false, aligned: true);
            Case(device, sweep, rows, width, intervals: true, mask: false);
        }

        Case(device, sweep, 1, 4097, intervals: true, mask: false);
        Case(device, sweep, 1, 8193, intervals: false, mask: false);
        Case(device, sweep, 1, 32769, intervals: false, mask: false);
        sweep.AssertAllOfTheDeviceRan();
    }

    /// <summary>One order of the sum: the naive kernel on a device with groups of 16 and every group kernel on every device,
    /// with rows that start anywhere.</summary>
    [Fact]
    public void EveryGpuVariantGivesTheSameBits()
    {
        using var reference = new TestDevice(TestDeviceKind.Default);
        foreach (var width in new[] { 3, 64, 100, 256, 257, 1000, 1025, 2048, 4096, 4100, 8193 })
        {
            var values = Data.WithOutliers(2 * width, width);
            var expected = Bits(reference, reference.Kernels.Softmax.Table[0], values, width, offset: 0)!;
            foreach (var kind in Enum.GetValues<TestDeviceKind>())
            {
                using var device = new TestDevice(kind);
                foreach (var variant in device.Kernels.Softmax.Table)
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
    private static float[]? Bits(TestDevice device, Variant<SoftmaxArgs> variant, float[] values, int width, int offset)
    {
        using var x = device.Upload(Data.Strided(values, 2, width, width, offset));
        using var y = device.Accelerator.Allocate1D<float>(2 * width);
        var args = Arguments(new RowView(x.View, offset, width), RowView.Dense(y.View, width), 2, width, 0.3f);
        if (!variant.Supports(device.Kernels.Traits, args))
        {
            return null;
        }

        device.Kernels.Softmax.RunVariant(device.Stream, args, variant);
        device.Stream.Synchronize();
        return y.GetAsArray1D();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WorksInPlace(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<SoftmaxArgs>(device, device.Kernels.Softmax);
        const int rows = 3, width = 37;
        var values = Data.WithOutliers(rows * width, 5);
        int[] intervals = [0, 37, 5, 30, 9, 9];
        var expected = SoftmaxReference.Compute(values, rows, width, 0.5f, intervals);
        MemoryBuffer1D<float, Stride1D.Dense>? buffer = null;
        using var intervalBuffer = device.Upload(intervals);
        sweep.Each(
            () =>
            {
                buffer = device.Upload(values);
                var args = Arguments(RowView.Dense(buffer.View, width), RowView.Dense(buffer.View, width), rows, width, 0.5f);
                args.Intervals = intervalBuffer.View;
                args.HasIntervals = 1;
                return args;
            },
            name =>
            {
                Tolerance.Close(expected, buffer!.GetAsArray1D(), Tolerances.Softmax, name);
                buffer!.Dispose();
            });
    }

    [Fact]
    public void RowsPastTheActiveCountAreLeftAlone()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var sweep = new VariantSweep<SoftmaxArgs>(device, device.Kernels.Softmax);
        const int capacity = 6, active = 4, width = 9;
        var values = Data.Normal(capacity * width, 6);
        var expected = SoftmaxReference.Compute(values, capacity, width, 1f);
        using var x = device.Upload(values);
        using var state = device.Upload([-7, active, -7]);
        GuardedOutput? output = null;
        sweep.Each(
            () =>
            {
                output = new GuardedOutput(device, capacity, width);
                var args = Arguments(RowView.Dense(x.View, width), output.View, capacity, width, 1f);
                args.Rows = ActiveRows.FromState(state.View, 1, capacity);
                return args;
            },
            name =>
            {
                var y = output!.Read();
                Tolerance.Close(expected[..(active * width)], y[..(active * width)], Tolerances.Softmax, name);
                Assert.All(y[(active * width)..], value => Assert.True(float.IsNaN(value), name));
                output.Dispose();
            });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ARowsBitsDependOnItAlone(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<SoftmaxArgs>(device, device.Kernels.Softmax);
        const int rows = 5, width = 70;
        var values = Data.WithOutliers(rows * width, 7);
        values[2 * width + 3] = float.NaN;
        using var x = device.Upload(values);
        using var all = device.Accelerator.Allocate1D<float>(rows * width);
        using var one = device.Accelerator.Allocate1D<float>(width);
        foreach (var variant in device.Kernels.Softmax.Table)
        {
            if (!variant.Supports(device.Kernels.Traits, Arguments(RowView.Dense(x.View, width), RowView.Dense(all.View, width), rows, width, 1f)))
            {
                continue;
            }

            device.Kernels.Softmax.RunVariant(
                device.Stream, Arguments(RowView.Dense(x.View, width), RowView.Dense(all.View, width), rows, width, 1f), variant);
            device.Kernels.Softmax.RunVariant(
                device.Stream, Arguments(new RowView(x.View, 3 * width, width), RowView.Dense(one.View, width), 1, width, 1f), variant);
            device.Stream.Synchronize();
            var y = all.GetAsArray1D();
            Assert.Equal(y[(3 * width)..(4 * width)], one.GetAsArray1D());
            Assert.All(y[(2 * width)..(3 * width)], value => Assert.True(float.IsNaN(value), variant.Name));
            Assert.DoesNotContain(y[..(2 * width)], float.IsNaN);
        }
    }

    [Fact]
    public void FriendlyOverloadsRun()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        const int rows = 4, width = 5;
        var values = Data.Normal(rows * width, 8);
        var mask = Data.Normal(2 * width, 9);
        mask.AsSpan(0, width).Fill(float.NegativeInfinity);
        using var x = device.Upload(values);
        using var maskBuffer = device.Upload(mask);
        using var y = device.Accelerator.Allocate1D<float>(rows * width);
        device.Kernels.Softmax.Run(device.Stream, x.View, y.View, rows, width, 2f);
        device.Stream.Synchronize();
        Tolerance.Close(SoftmaxReference.Compute(values, rows, width, 2f), y.GetAsArray1D(), Tolerances.Softmax, "plain");
        device.Kernels.Softmax.Run(device.Stream, x.View, maskBuffer.View, y.View, rows, width, rowsPerMask: 2, scale: 2f);
        device.Stream.Synchronize();
        var expected = SoftmaxReference.Compute(values, rows, width, 2f, mask: mask, rowsPerMask: 2);
        Assert.All(expected[..(2 * width)], value => Assert.Equal(0, value));
        Tolerance.Close(expected, y.GetAsArray1D(), Tolerances.Softmax, "masked");
        device.Kernels.Softmax.Run(device.Stream, x.View, y.View, 0, width);
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var softmax = device.Kernels.Softmax;
        using var six = device.Upload(new float[6]);
        using var two = device.Upload(new int[2]);
        var good = Arguments(RowView.Dense(six.View, 3), RowView.Dense(six.View, 3), 2, 3, 1f);
        Refused(good with { X = RowView.Dense(six.View.SubView(0, 5), 3) }, "x needs 6 elements");
        Refused(good with { Y = new RowView(six.View, 1, 3) }, "y needs 7 elements");
        Refused(good with { X = new RowView(six.View, 0, 2) }, "stride of x");
        Refused(good with { X = new RowView(six.View, -1, 3) }, "offset of x");
        Refused(good with { Width = 0 }, "width");
        Refused(good with { Scale = float.NaN }, "scale");
        Refused(good with { HasMask = 1, RowsPerMask = 1, Mask = RowView.Dense(six.View.SubView(0, 3), 3) }, "mask needs 6 elements");
        Refused(good with { HasMask = 1, RowsPerMask = 0, Mask = RowView.Dense(six.View, 3) }, "rowsPerMask");
        Refused(good with { HasIntervals = 1, RowsPerInterval = 1, Intervals = two.View }, "intervals needs 4 elements");
        Refused(good with { Rows = ActiveRows.FromState(two.View, 2, 2) }, "run state of rows");

        void Refused(SoftmaxArgs args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => softmax.Run(device.Stream, args));
            Assert.StartsWith("Softmax: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static SoftmaxArgs Arguments(RowView x, RowView y, int rows, int width, float scale) => new()
    {
        X = x,
        Y = y,
        Width = width,
        Rows = ActiveRows.Fixed(rows),
        Scale = scale,
        RowsPerInterval = 1,
        RowsPerMask = 1,
    };

    private static void Case(
        TestDevice device, VariantSweep<SoftmaxArgs> sweep, int rows, int width, bool intervals, bool mask,
        bool aligned = false)
    {
        const int rowsPerInterval = 2, rowsPerMask = 3;
        var (offset, stride) = aligned ? (4, width + 8) : (3, width + 2);
        var scale = 0.7f;
        var values = Data.WithOutliers(rows * width, 100 * rows + width);
        var maskValues = Masks(Math.Max(1, (rows + rowsPerMask - 1) / rowsPerMask), width);
        int[] intervalValues = [.. Enumerable.Range(0, (rows + 1) / 2).SelectMany(i => Interval(i, width))];
        var expected = SoftmaxReference.Compute(
            values, rows, width, scale,
            intervals ? intervalValues : null, rowsPerInterval, mask ? maskValues : null, rowsPerMask);
        using var x = device.Upload(Data.Strided(values, rows, width, stride, offset));
        using var maskBuffer = device.Upload(maskValues);
        using var intervalBuffer = device.Upload(intervalValues);
        GuardedOutput? output = null;
        sweep.Each(
            () =>
            {
                output = new GuardedOutput(device, rows, width, aligned ? width + 4 : width + 5);
                var args = Arguments(new RowView(x.View, offset, stride), output.View, rows, width, scale);
                args.Intervals = intervalBuffer.View;
                args.HasIntervals = intervals ? 1 : 0;
                args.RowsPerInterval = rowsPerInterval;
                args.Mask = RowView.Dense(maskBuffer.View, width);
                args.HasMask = mask ? 1 : 0;
                args.RowsPerMask = rowsPerMask;
                return args;
            },
            name =>
            {
                Tolerance.Close(expected, output!.Read(), Tolerances.Softmax, $"{name} {rows}x{width}");
                output.Dispose();
            });
    }

    /// <summary>Whole rows, empty ones, ones cut on both sides, and bounds outside the row.</summary>
    private static int[] Interval(int index, int width) => (index % 4) switch
    {
        0 => [width / 3, width - width / 5],
        1 => [width / 2, width / 2],
        2 => [-4, width + 9],
        _ => [width - 1, 0],
    };

    /// <summary>The first row of the mask hides everything, the next hide every third column.</summary>
    private static float[] Masks(int rows, int width)
    {
        var mask = Data.Normal(rows * width, 17);
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = i < width && rows > 1 || i % 3 == 1 ? float.NegativeInfinity : mask[i];
        }

        return mask;
    }
}
