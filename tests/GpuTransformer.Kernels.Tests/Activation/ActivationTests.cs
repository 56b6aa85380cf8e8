using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Activations against float64, on every kind of device.</summary>
public sealed class ActivationTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesFloat64(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<ActivationArgs>(device, device.Kernels.Activation);
        foreach (var activation in Enum.GetValues<ActivationKind>())
        {
            Case(device, sweep, 2, 37, activation, aligned: true);
            Case(device, sweep, 1, 3, activation, aligned: false);
        }

        foreach (var width in new[] { 1, 4, 5, 63, 64, 65, 127, 128, 129, 1031 })
        {
            Case(device, sweep, 3, width, ActivationKind.GeluErf, aligned: true);
            Case(device, sweep, 2, width, ActivationKind.Silu, aligned: false);
        }

        sweep.AssertAllRan();
    }

    [Fact]
    public void SpecialValuesBehaveAsInFloat64()
    {
        var device = devices[TestDeviceKind.Default];
        float[] special =
        [
            0, -0f, 1e-40f, -1e-40f, 1e30f, -1e30f, float.MaxValue, float.MinValue,
            float.PositiveInfinity, float.NegativeInfinity, float.NaN, 88f, -88f, 20f, -20f, 1e-8f,
        ];
        var sweep = new VariantSweep<ActivationArgs>(device, device.Kernels.Activation);
        foreach (var activation in Enum.GetValues<ActivationKind>())
        {
            Run(device, sweep, special, 2, 8, activation, offset: 0, stride: 8);
        }
    }

    [Fact]
    public void InputMayBeOutput()
    {
        var device = devices[TestDeviceKind.Intel];
        var values = Data.Normal(3 * 41, 7);
        var sweep = new VariantSweep<ActivationArgs>(device, device.Kernels.Activation);
        var buffer = device.Upload(values);
        sweep.Each(
            () =>
            {
                buffer.Dispose();
                buffer = device.Upload(values);
                var view = RowView.Dense(buffer.View, 41);
                return Arguments(view, view, 3, 41, ActivationKind.Relu);
            },
            name => Tolerance.Close(
                [.. values.Select(v => (double)Math.Max(0, v))], buffer.GetAsArray1D(), 0, 0, name));
        buffer.Dispose();
    }

    [Fact]
    public void RowsPastTheActiveCountAreLeftAlone()
    {
        var device = devices[TestDeviceKind.Nvidia];
        var sweep = new VariantSweep<ActivationArgs>(device, device.Kernels.Activation);
        var values = Data.Normal(5 * 6, 8);
        using var x = device.Upload(values);
        using var state = device.Upload([9, 3]);
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y = new GuardedOutput(device, 5, 6);
                var args = Arguments(RowView.Dense(x.View, 6), y.View, 5, 6, ActivationKind.None);
                args.Rows = ActiveRows.FromState(state.View, 1, 5);
                return args;
            },
            name =>
            {
                Tolerance.Close(
                    [.. values.Select((v, i) => i < 18 ? (double)v : double.NaN)], y!.Read(), 0, 0, name);
                y.Dispose();
            });
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var buffer = device.Upload(new float[12]);
        var view = RowView.Dense(buffer.View, 4);
        var good = Arguments(view, view, 3, 4, ActivationKind.Relu);
        Refused("x needs 16", good with { X = view with { Offset = 4 } });
        Refused("y needs 13", good with { Y = view with { Offset = 1 } });
        Refused("stride of y", good with { Y = view with { Stride = 3 } });
        Refused("width", good with { Width = 0 });
        Refused("rows", good with { Rows = ActiveRows.Fixed(-1) });
        Refused("activation", good with { Activation = 8 });
        Refused("x needs", good with { Rows = ActiveRows.Fixed(int.MaxValue) });

        void Refused(string part, ActivationArgs args)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.Activation.Run(device.Stream, args));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(
        TestDevice device, VariantSweep<ActivationArgs> sweep, int rows, int width, ActivationKind activation, bool aligned)
    {
        var (offset, stride) = aligned ? (8, (width + 7) / 4 * 4) : (3, width + 2);
        Run(device, sweep, Data.WithOutliers(rows * width, width), rows, width, activation, offset, stride);
    }

    private static void Run(
        TestDevice device,
        VariantSweep<ActivationArgs> sweep,
        float[] values,
        int rows,
        int width,
        ActivationKind activation,
        int offset,
        int stride)
    {
        using var x = new PaddedInput(device, values, rows, width, offset, stride);
        var expected = Array.ConvertAll(values, v => ReferenceActivation.Apply(v, activation));
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y = new GuardedOutput(device, rows, width, stride, offset);
                return Arguments(x.View, y.View, rows, width, activation);
            },
            name =>
            {
                var actual = y!.Read();
                for (var i = 0; i < actual.Length; i++)
                {
                    // -infinity times a gate of 0 is NaN in float64; the limit, 0, is as right.
                    actual[i] = float.IsNegativeInfinity(values[i]) && double.IsNaN(expected[i]) && Math.Abs(actual[i]) < 1e-30f
                        ? float.NaN
                        : actual[i];
                }

                Tolerance.Close(expected, actual, Tolerances.Activation, $"{name} {activation} {rows}x{width}");
                y.Dispose();
            });
    }

    private static ActivationArgs Arguments(RowView x, RowView y, int rows, int width, ActivationKind activation) => new()
    {
        X = x,
        Y = y,
        Width = width,
        Rows = ActiveRows.Fixed(rows),
        Activation = (int)activation,
    };
}
