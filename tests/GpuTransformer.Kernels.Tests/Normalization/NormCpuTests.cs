using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variants of LayerNorm, RMSNorm and BatchNorm at every register width.</summary>
public sealed class NormCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    // Normalized values of outlier data are below about 40; sums of a thousand values add some 10 · 2^-24.
    private const double Absolute = 2e-5;
    private const double Relative = 1e-5;
    private const float Epsilon = 1e-5f;

    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void RowsOfEveryWidth(int bits)
    {
        foreach (var width in new[] { 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 768, 1031 })
        {
            foreach (var layerNorm in new[] { true, false })
            {
                Case(bits, layerNorm, 3, width, residual: false, sum: false, bias: layerNorm, shift: 0f);
                Case(bits, layerNorm, 3, width, residual: true, sum: false, bias: !layerNorm, shift: 1f);
                Case(bits, layerNorm, 3, width, residual: true, sum: true, bias: true, shift: 0f);
                Case(bits, layerNorm, 3, width, residual: false, sum: true, bias: false, shift: 0f);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void YMayBeXOrTheResidual(int bits)
    {
        const int rows = 2, width = 37;
        var (x, residual) = (Data.WithOutliers(rows * width, 1), Data.Normal(rows * width, 2));
        var weight = Data.Normal(width, 3);
        var (expected, sum) = NormReference.Rows(true, x, residual, weight, null, rows, width, Epsilon);
        using var weightBuffer = Device.Upload(weight);
        foreach (var yIsX in new[] { true, false })
        {
            using var xBuffer = Device.Upload(x);
            using var residualBuffer = Device.Upload(residual);
            var args = new NormArgs
            {
                X = RowView.Dense(xBuffer.View, width),
                Residual = RowView.Dense(residualBuffer.View, width),
                HasResidual = 1,
                Weight = weightBuffer.View,
                Width = width,
                Rows = ActiveRows.Fixed(rows),
                Epsilon = Epsilon,
            };
            args.Y = yIsX ? args.X : args.Residual;
            args.Sum = yIsX ? args.Residual : args.X;
            args.HasSum = 1;
            Device.Kernels.LayerNorm.RunVariant(Device.Stream, args, LayerNormCpu.ForWidth(bits));
            Tolerance.Close(expected, (yIsX ? xBuffer : residualBuffer).GetAsArray1D(), Absolute, Relative, "y");
            Tolerance.Close(sum, (yIsX ? residualBuffer : xBuffer).GetAsArray1D(), 0, 1e-7, "sum");
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ALargeMeanLosesNothing(int bits)
    {
        // The sum of 100 values near 10000 is exact to 2^-4 or so: the mean is off by 1e-3 of the deviation 1 at most.
        const int width = 100;
        var x = Data.Normal(width, 4);
        for (var i = 0; i < width; i++)
        {
            x[i] += 10000;
        }

        var weight = Enumerable.Repeat(1f, width).ToArray();
        var (expected, _) = NormReference.Rows(true, x, null, weight, null, 1, width, Epsilon);
        using var input = Device.Upload(x);
        using var weightBuffer = Device.Upload(weight);
        using var y = new GuardedOutput(Device, 1, width);
        var args = new NormArgs
        {
            X = RowView.Dense(input.View, width),
            Y = y.View,
            Weight = weightBuffer.View,
            Width = width,
            Rows = ActiveRows.Fixed(1),
            Epsilon = Epsilon,
        };
        Device.Kernels.LayerNorm.RunVariant(Device.Stream, args, LayerNormCpu.ForWidth(bits));
        Tolerance.Close(expected, y.Read(), 2e-3, 0, $"{bits} bits");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ARowsBitsDoNotDependOnTheOthers(int bits)
    {
        const int rows = 300, width = 67;
        var values = Data.WithOutliers(rows * width, 5);
        foreach (var layerNorm in new[] { true, false })
        {
            var all = Run(bits, layerNorm, values, rows, width);
            foreach (var row in new[] { 0, 121, 122, 123, 299 })
            {
                Assert.Equal(
                    all[(row * width)..((row + 1) * width)],
                    Run(bits, layerNorm, values[(row * width)..((row + 1) * width)], 1, width));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void PlanesOfEverySize(int bits)
    {
        foreach (var spatial in new[] { 1, 3, 4, 5, 8, 9, 15, 16, 17, 33, 49, 3000 })
        {
            PlaneCase(bits, 2, 3, spatial, residual: false, relu: false);
            PlaneCase(bits, 2, 3, spatial, residual: true, relu: true);
        }
    }

    private float[] Run(int bits, bool layerNorm, float[] values, int rows, int width)
    {
        using var x = new PaddedInput(Device, values, rows, width);
        using var weight = Device.Upload(Data.Normal(width, 6));
        using var y = new GuardedOutput(Device, rows, width);
        var args = new NormArgs
        {
            X = x.View,
            Y = y.View,
            Weight = weight.View,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = Epsilon,
        };
        Launch(bits, layerNorm, args);
        return y.Read();
    }

    private void Launch(int bits, bool layerNorm, in NormArgs args)
    {
        if (layerNorm)
        {
            Device.Kernels.LayerNorm.RunVariant(Device.Stream, args, LayerNormCpu.ForWidth(bits));
        }
        else
        {
            Device.Kernels.RmsNorm.RunVariant(Device.Stream, args, RmsNormCpu.ForWidth(bits));
        }
    }

    private void Case(int bits, bool layerNorm, int rows, int width, bool residual, bool sum, bool bias, float shift)
    {
        var x = Data.WithOutliers(rows * width, width);
        var residualValues = Data.Normal(rows * width, width + 1);
        var (weight, biasValues) = (Data.Normal(width, width + 2), Data.Normal(width, width + 3));
        var (expected, expectedSum) = NormReference.Rows(
            layerNorm, x, residual ? residualValues : null, weight, bias ? biasValues : null, rows, width, Epsilon, shift);
        using var input = new PaddedInput(Device, x, rows, width, offset: 3, stride: width + 1);
        using var residualInput = new PaddedInput(Device, residualValues, rows, width, offset: 1, stride: width + 2);
        using var weightInput = new PaddedInput(Device, weight, 1, width, offset: 2);
        using var biasInput = new PaddedInput(Device, biasValues, 1, width, offset: 1);
        using var y = new GuardedOutput(Device, rows, width, width + 3);
        using var sums = new GuardedOutput(Device, rows, width);
        Launch(bits, layerNorm, new NormArgs
        {
            X = input.View,
            Residual = residualInput.View,
            HasResidual = residual ? 1 : 0,
            Sum = sums.View,
            HasSum = sum ? 1 : 0,
            Y = y.View,
            Weight = weightInput.View.Data,
            WeightOffset = 2,
            Bias = biasInput.View.Data,
            BiasOffset = 1,
            HasBias = bias ? 1 : 0,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = Epsilon,
            WeightShift = shift,
        });
        var what = $"{bits} bits, {(layerNorm ? "LayerNorm" : "RMSNorm")} {rows}x{width}";

        // Two values nearly alike: their deviation is rounding, and the norm makes it large.
        var absolute = width < 4 ? 5e-3 : Absolute;
        Tolerance.Close(expected, y.Read(), absolute, Relative, what);
        if (sum)
        {
            Tolerance.Close(expectedSum, sums.Read(), 0, 1e-7, what + " sum");
        }
        else
        {
            Assert.All(sums.Read(), value => Assert.True(float.IsNaN(value)));
        }
    }

    private void PlaneCase(int bits, int batch, int channels, int spatial, bool residual, bool relu)
    {
        var x = Data.WithOutliers(batch * channels * spatial, spatial);
        var residualValues = Data.Normal(x.Length, spatial + 1);
        var (weight, bias, mean) = (Data.Normal(channels, 1), Data.Normal(channels, 2), Data.Normal(channels, 3));
        var variance = Data.Normal(channels, 4).Select(value => value * value + 0.1f).ToArray();
        var expected = NormReference.Batch(
            x, weight, bias, mean, variance, residual ? residualValues : null, batch, channels, spatial, Epsilon, relu);
        using var input = new PaddedInput(Device, x, 1, x.Length, offset: 1);
        using var residualInput = new PaddedInput(Device, residualValues, 1, x.Length, offset: 2);
        using var weightBuffer = Device.Upload(weight);
        using var biasBuffer = Device.Upload(bias);
        using var meanBuffer = Device.Upload(mean);
        using var varianceBuffer = Device.Upload(variance);
        using var y = new GuardedOutput(Device, 1, x.Length);
        var args = new BatchNormArgs
        {
            X = input.View.Data,
            XOffset = 1,
            Y = y.View.Data,
            YOffset = y.View.Offset,
            Residual = residualInput.View.Data,
            ResidualOffset = 2,
            HasResidual = residual ? 1 : 0,
            Weight = weightBuffer.View,
            Bias = biasBuffer.View,
            Mean = meanBuffer.View,
            Variance = varianceBuffer.View,
            Batch = batch,
            Channels = channels,
            Spatial = spatial,
            Epsilon = Epsilon,
            Activation = (int)(relu ? ActivationKind.Relu : ActivationKind.None),
        };
        Device.Kernels.BatchNorm.RunVariant(Device.Stream, args, BatchNormCpu.ForWidth(bits));
        Tolerance.Close(expected, y.Read(), 1e-6, 2e-6, $"{bits} bits, {batch}x{channels}x{spatial}");
    }
}
