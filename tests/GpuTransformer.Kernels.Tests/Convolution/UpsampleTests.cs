using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Resizing to the nearest pixel: copies and one addition, so every number is exact.</summary>
public sealed class UpsampleTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    public static TheoryData<int> Widths => SimdWidths.All;

    private static (int Maps, int Height, int Width, int OutHeight, int OutWidth, int Channels, int Repeat)[] Shapes =>
    [
        (1, 1, 1, 1, 1, 1, 1),
        (2, 1, 1, 3, 2, 4, 2),
        (6, 2, 3, 4, 6, 8, 3),
        (2, 3, 5, 7, 9, 3, 1),
        (4, 5, 4, 3, 2, 17, 2),
        (3, 2, 2, 2, 2, 33, 3),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<UpsampleArgs>(device, device.Kernels.Upsample);
        foreach (var shape in Shapes)
        {
            Verify(device, shape, new Place(true), added: true, sweep.Each);
            Verify(device, shape, new Place(false), added: false, sweep.Each);
            Verify(device, shape, new Place(false), added: true, sweep.Each);
        }

        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryRegisterWidthMatches(int bits)
    {
        var device = devices[TestDeviceKind.Default];
        foreach (var shape in Shapes)
        {
            Verify(device, shape, new Place(false), added: true, (arrange, verify) =>
            {
                device.Kernels.Upsample.RunVariant(device.Stream, arrange(), UpsampleCpu.ForWidth(bits));
                verify($"{bits}");
            });
        }
    }

    [Theory]
    [InlineData(25, 10, new[] { 0, 2, 5, 7, 10, 12, 15, 17, 20, 22 })]
    [InlineData(3, 7, new[] { 0, 0, 0, 1, 1, 2, 2 })]
    [InlineData(2, 4, new[] { 0, 0, 1, 1 })]
    [InlineData(1, 3, new[] { 0, 0, 0 })]
    public void TheNearestPixelIsPyTorchs(int size, int outSize, int[] expected) =>
        Assert.Equal(expected, Enumerable.Range(0, outSize).Select(i => UpsampleArgs.Nearest(i, (float)size / outSize, size)));

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Upload(new float[2 * 3 * 4]);
        using var y = device.Upload(new float[4 * 6 * 4]);
        var upsample = device.Kernels.Upsample;
        upsample.Run(device.Stream, x.View, y.View, 1, 2, 3, 4, 6, 4);
        Refused("x needs", () => upsample.Run(device.Stream, x.View.SubView(1, 23), y.View, 1, 2, 3, 4, 6, 4));
        Refused("y needs", () => upsample.Run(device.Stream, x.View, y.View.SubView(1, 95), 1, 2, 3, 4, 6, 4));
        Refused("outHeight", () => upsample.Run(device.Stream, x.View, y.View, 1, 2, 3, 0, 6, 4));
        var args = new UpsampleArgs
        {
            X = RowView.Dense(x.View, 4),
            Y = RowView.Dense(y.View, 4),
            Rows = ActiveRows.Fixed(24),
            Channels = 4,
            Height = 2,
            Width = 3,
            OutHeight = 4,
            OutWidth = 6,
            Repeat = 1,
            ScaleHeight = 0.5f,
            ScaleWidth = 0.5f,
        };
        Refused("scaleWidth", () => upsample.Run(device.Stream, args with { ScaleWidth = 0.6f }));
        Refused("repeat", () => upsample.Run(device.Stream, args with { Repeat = 0 }));
        Refused("added", () => upsample.Run(device.Stream, args with { HasAdded = 1 }));

        static void Refused(string part, Action run) =>
            Assert.Contains(part, Assert.Throws<ShapeException>(run).Message, StringComparison.Ordinal);
    }

    private static void Verify(
        TestDevice device,
        (int Maps, int Height, int Width, int OutHeight, int OutWidth, int Channels, int Repeat) shape,
        Place place,
        bool added,
        Action<Func<UpsampleArgs>, Action<string>> each)
    {
        var (maps, height, width, outHeight, outWidth, channels, repeat) = shape;
        var spatial = outHeight * outWidth;
        using var x = place.Input(device, Data.Normal(maps * height * width * channels, 1), maps * height * width, channels);
        using var more = place.Input(device, Data.Normal(maps / repeat * spatial * channels, 2), maps / repeat * spatial, channels);
        var expected = ImageReference.Upsample(
            x.Values, added ? more.Values : null, maps, height, width, outHeight, outWidth, channels, repeat);

        GuardedOutput? y = null;
        each(
            () =>
            {
                y?.Dispose();
                y = place.Output(device, maps * spatial, channels);
                return new UpsampleArgs
                {
                    X = x.View,
                    Added = added ? more.View : default,
                    HasAdded = added ? 1 : 0,
                    Y = y.View,
                    Rows = ActiveRows.Fixed(maps * spatial),
                    Channels = channels,
                    Height = height,
                    Width = width,
                    OutHeight = outHeight,
                    OutWidth = outWidth,
                    Repeat = repeat,
                    ScaleHeight = (float)height / outHeight,
                    ScaleWidth = (float)width / outWidth,
                };
            },
            name => Tolerance.Close(expected, y!.Read(), 0, 0, $"{name} {shape}"));
        y?.Dispose();
    }
}
