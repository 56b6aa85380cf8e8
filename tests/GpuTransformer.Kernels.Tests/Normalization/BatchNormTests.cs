using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class BatchNormTests
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<BatchNormArgs>(device, device.Kernels.BatchNorm);
        (int Batch, int Channels, int Spatial)[] shapes =
            [(1, 1, 1), (2, 3, 1), (1, 5, 15), (3, 2, 16), (2, 7, 17), (1, 3, 49), (1, 2, 65), (1, 1, 257)];
        foreach (var (batch, channels, spatial) in shapes)
        {
            Case(device, sweep, batch, channels, spatial, residual: false, ActivationKind.None);
            Case(device, sweep, batch, channels, spatial, residual: true, ActivationKind.Relu);
        }

        sweep.AssertAllRan();
    }

    [Fact]
    public void TheFriendlyOverloadRunsInPlace()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        const int batch = 2, channels = 3, spatial = 4;
        var x = Data.Normal(batch * channels * spatial, 1);
        float[] weight = [1, -2, 0.5f], bias = [0, 1, 2], mean = [100, 0, -3], variance = [1, 4, 0];
        var expected = NormReference.Batch(x, weight, bias, mean, variance, null, batch, channels, spatial, 1e-3, relu: true);
        using var xs = device.Upload(x);
        using var weights = device.Upload(weight);
        using var biases = device.Upload(bias);
        using var means = device.Upload(mean);
        using var variances = device.Upload(variance);
        device.Kernels.BatchNorm.Run(
            device.Stream, xs.View, weights.View, biases.View, means.View, variances.View, xs.View,
            batch, channels, spatial, 1e-3f, ActivationKind.Relu);
        device.Stream.Synchronize();
        Tolerance.Close(expected, xs.GetAsArray1D(), Tolerances.BatchNorm, "in place");
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var six = device.Upload(new float[6]);
        var good = new BatchNormArgs
        {
            X = six.View,
            Y = six.View,
            Weight = six.View,
            Bias = six.View,
            Mean = six.View,
            Variance = six.View,
            Batch = 1,
            Channels = 2,
            Spatial = 3,
        };
        Refused(good with { Batch = 2 }, "x needs 12 elements");
        Refused(good with { YOffset = 1 }, "y needs 7 elements");
        Refused(good with { HasResidual = 1, Residual = six.View.SubView(0, 5) }, "residual needs 6 elements");
        Refused(good with { Variance = six.View.SubView(0, 1) }, "variance needs 2 elements");
        Refused(good with { Channels = int.MaxValue, Spatial = int.MaxValue, Batch = int.MaxValue }, "x needs");
        Refused(good with { Activation = 99 }, "activation must be one of None, Relu");

        void Refused(BatchNormArgs args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.BatchNorm.Run(device.Stream, args));
            Assert.StartsWith("BatchNorm: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(
        TestDevice device, VariantSweep<BatchNormArgs> sweep, int batch, int channels, int spatial,
        bool residual, ActivationKind activation)
    {
        const int offset = 3;
        var count = batch * channels * spatial;
        var x = Data.WithOutliers(count, count);
        var residualValues = Data.Normal(count, count + 1);
        var (weight, bias, mean) = (Data.Normal(channels, 1), Data.Normal(channels, 2), Data.Normal(channels, 3));
        var variance = Data.Normal(channels, 4).Select(v => v * v + 0.1f).ToArray();
        var expected = NormReference.Batch(
            x, weight, bias, mean, variance, residual ? residualValues : null,
            batch, channels, spatial, 1e-5, activation == ActivationKind.Relu);
        using var xs = device.Upload(Data.Strided(x, 1, count, count, offset));
        using var residuals = device.Upload(Data.Strided(residualValues, 1, count, count, offset));
        using var weights = device.Upload(weight);
        using var biases = device.Upload(bias);
        using var means = device.Upload(mean);
        using var variances = device.Upload(variance);
        GuardedOutput? output = null;
        sweep.Each(
            () =>
            {
                output = new GuardedOutput(device, 1, count);
                return new BatchNormArgs
                {
                    X = xs.View,
                    XOffset = offset,
                    Y = output.View.Data,
                    YOffset = output.View.Offset,
                    Residual = residuals.View,
                    ResidualOffset = offset,
                    HasResidual = residual ? 1 : 0,
                    Weight = weights.View,
                    Bias = biases.View,
                    Mean = means.View,
                    Variance = variances.View,
                    Batch = batch,
                    Channels = channels,
                    Spatial = spatial,
                    Epsilon = 1e-5f,
                    Activation = (int)activation,
                };
            },
            name =>
            {
                Tolerance.Close(expected, output!.Read(), Tolerances.BatchNorm, $"{name} {batch}x{channels}x{spatial}");
                output.Dispose();
            });
    }
}
