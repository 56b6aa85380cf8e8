using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variant of softmax at every register width.</summary>
public sealed class SoftmaxCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryWidthAroundRegisterEdges(int bits)
    {
        foreach (var width in new[] { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 197, 1031 })
        {
            foreach (var (intervals, mask) in new[] { (false, false), (true, false), (false, true), (true, true) })
            {
                Case(bits, 5, width, intervals, mask);
            }
        }

        Case(bits, 700, 16, intervals: true, mask: true);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ARowsBitsDoNotDependOnTheOthers(int bits)
    {
        const int rows = 600, width = 43;
        var values = Data.WithOutliers(rows * width, 3);
        var all = Run(bits, Data.WithOutliers(rows * width, 3), rows, width);
        foreach (var row in new[] { 0, 1, 189, 190, 191, 599 })
        {
            Assert.Equal(
                all[(row * width)..((row + 1) * width)], Run(bits, values[(row * width)..((row + 1) * width)], 1, width));
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ExtremesAndNaN(int bits)
    {
        const float inf = float.PositiveInfinity;
        foreach (var width in new[] { 3, 16, 37 })
        {
            foreach (var place in new[] { 0, width / 2, width - 1 })
            {
                var row = Data.Normal(width, 1);
                row[place] = float.NaN;
                Assert.All(Run(bits, row, 1, width), value => Assert.True(float.IsNaN(value)));
                row[place] = 1e30f;
                Assert.Equal(Enumerable.Range(0, width).Select(i => i == place ? 1f : 0f), Run(bits, row, 1, width));
                row[place] = -inf;
                Assert.Equal(0f, Run(bits, row, 1, width)[place]);
                Array.Fill(row, -inf);
                Assert.All(Run(bits, row, 1, width), value => Assert.Equal(0f, value));
                row[place] = -1e30f;
                Assert.Equal(1f, Run(bits, row, 1, width)[place]);
            }
        }
    }

    private float[] Run(int bits, float[] values, int rows, int width)
    {
        using var x = new PaddedInput(Device, values, rows, width, offset: 1, stride: width + 1);
        using var y = new GuardedOutput(Device, rows, width);
        Device.Kernels.Softmax.RunVariant(Device.Stream, Arguments(x.View, y.View, rows, width, 1f), SoftmaxCpu.ForWidth(bits));
        return y.Read();
    }

    private static SoftmaxArgs Arguments(RowView x, RowView y, int rows, int width, float scale) => new()
    {
        X = x,
        Y = y,
        Width = width,
        Rows = ActiveRows.Fixed(rows),
        Scale = scale,
        RowsPerInterval = 2,
        RowsPerMask = 3,
    };

    private void Case(int bits, int rows, int width, bool intervals, bool mask)
    {
        const float scale = 0.7f;
        var (intervalCount, maskRows) = ((rows + 1) / 2, (rows + 2) / 3);
        var values = Data.WithOutliers(rows * width, width);
        var maskValues = Data.Normal(maskRows * width, width + 1);
        var random = new Random(width);
        for (var i = 0; i < maskValues.Length; i++)
        {
            maskValues[i] = random.Next(4) == 0 ? float.NegativeInfinity : maskValues[i];
        }

        // Bounds beyond the row and empty intervals are among them.
        int[] bounds = [.. Enumerable.Range(0, intervalCount).SelectMany(
            _ => new[] { random.Next(-2, width + 1), random.Next(0, width + 3) })];
        var expected = SoftmaxReference.Compute(
            values, rows, width, scale, intervals ? bounds : null, 2, mask ? maskValues : null, 3);
        using var x = new PaddedInput(Device, values, rows, width, offset: 3, stride: width + 2);
        using var maskInput = new PaddedInput(Device, maskValues, maskRows, width, offset: 1, stride: width + 1);
        using var boundBuffer = Device.Upload(bounds);
        using var y = new GuardedOutput(Device, rows, width, width + 3);
        var args = Arguments(x.View, y.View, rows, width, scale);
        args.Intervals = boundBuffer.View;
        args.HasIntervals = intervals ? 1 : 0;
        args.Mask = maskInput.View;
        args.HasMask = mask ? 1 : 0;
        Device.Kernels.Softmax.RunVariant(Device.Stream, args, SoftmaxCpu.ForWidth(bits));
        Tolerance.Close(expected, y.Read(), Tolerances.Softmax, $"{bits} bits, {rows}x{width}, {intervals}, {mask}");
    }
}
