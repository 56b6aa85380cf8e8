using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Group normalization against float64, in place and not, with large means.</summary>
public sealed class GroupNormTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    public static TheoryData<int> Widths => SimdWidths.All;

    private static (int Images, int Spatial, int Channels, int Groups, ActivationKind Activation)[] Shapes =>
    [
        (1, 1, 2, 1, ActivationKind.None),
        (2, 5, 4, 4, ActivationKind.Relu),
        (2, 7, 40, 8, ActivationKind.Relu),
        (1, 66, 6, 2, ActivationKind.GeluErf),
        (3, 3, 17, 1, ActivationKind.None),
        (1, 129, 32, 8, ActivationKind.Relu),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<GroupNormArgs>(device, device.Kernels.GroupNorm);
        foreach (var shape in Shapes)
        {
            Verify(device, shape, 0, sweep.Each);
        }

        Verify(device, (2, 9, 12, 3, ActivationKind.None), 100, sweep.Each);
        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryRegisterWidthMatches(int bits)
    {
        var device = devices[TestDeviceKind.Default];
        foreach (var shape in Shapes)
        {
            Verify(device, shape, 3, (arrange, verify) =>
            {
                device.Kernels.GroupNorm.RunVariant(device.Stream, arrange(), GroupNormCpu.ForWidth(bits));
                verify($"{bits}");
            });
        }
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Upload(new float[2 * 5 * 6]);
        using var w = device.Upload(new float[6]);
        var norm = device.Kernels.GroupNorm;
        norm.Run(device.Stream, x.View, w.View, w.View, x.View, 2, 5, 6, 3);
        Refused("groups must divide", () => norm.Run(device.Stream, x.View, w.View, w.View, x.View, 2, 5, 6, 4));
        Refused("groups must divide", () => norm.Run(device.Stream, x.View, w.View, w.View, x.View, 2, 5, 6, 0));
        Refused("weight needs", () => norm.Run(device.Stream, x.View, w.View.SubView(1, 5), w.View, x.View, 2, 5, 6, 3));
        Refused("bias needs", () => norm.Run(device.Stream, x.View, w.View, w.View.SubView(1, 5), x.View, 2, 5, 6, 3));
        Refused("x needs", () => norm.Run(device.Stream, x.View, w.View, w.View, x.View, 3, 5, 6, 3));
        Refused("spatial", () => norm.Run(device.Stream, x.View, w.View, w.View, x.View, 2, 0, 6, 3));
        Refused("epsilon", () => norm.Run(device.Stream, x.View, w.View, w.View, x.View, 2, 5, 6, 3, float.NaN));

        static void Refused(string part, Action run) =>
            Assert.Contains(part, Assert.Throws<ShapeException>(run).Message, StringComparison.Ordinal);
    }

    private static void Verify(
        TestDevice device,
        (int Images, int Spatial, int Channels, int Groups, ActivationKind Activation) shape,
        float shift,
        Action<Func<GroupNormArgs>, Action<string>> each)
    {
        var (images, spatial, channels, groups, activation) = shape;
        var place = new Place(false);
        var values = Data.WithOutliers(images * spatial * channels, 1).Select(v => v + shift).ToArray();
        using var x = place.Input(device, values, images * spatial, channels);
        using var weight = device.Upload(Data.Normal(channels, 2));
        using var bias = device.Upload(Data.Normal(channels, 3));
        var expected = NormReference.Groups(
            values, Data.Normal(channels, 2), Data.Normal(channels, 3), images, spatial, channels, groups, 1e-5, activation);
        GuardedOutput? y = null;
        each(
            () =>
            {
                y?.Dispose();
                y = place.Output(device, images * spatial, channels);
                return new GroupNormArgs
                {
                    X = x.View,
                    Y = y.View,
                    Weight = weight.View,
                    Bias = bias.View,
                    Images = ActiveRows.Fixed(images),
                    Spatial = spatial,
                    Channels = channels,
                    Groups = groups,
                    Epsilon = 1e-5f,
                    Activation = (int)activation,
                };
            },

            name => Tolerance.Close(expected, y!.Read(), Tolerances.GroupNorm(shift), $"{name} {shape}"));
        y?.Dispose();
    }
}
