using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Pooling: every element is one of x, so every number is exact.</summary>
public sealed class MaxPoolTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    public static TheoryData<int> Widths => SimdWidths.All;

    private static (int Images, int Height, int Width, int Channels, int Kernel, int Stride, int Padding)[] Shapes =>
    [
        (1, 1, 1, 1, 1, 1, 0),
        (1, 1, 1, 5, 3, 2, 1),
        (2, 5, 7, 4, 3, 2, 1),
        (1, 8, 6, 3, 3, 2, 1),
        (2, 4, 4, 17, 2, 2, 0),
        (1, 6, 7, 8, 5, 3, 2),
        (1, 3, 9, 33, 3, 1, 1),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<MaxPoolArgs>(device, device.Kernels.MaxPool);
        foreach (var shape in Shapes)
        {
            foreach (var place in new[] { new Place(true), new Place(false) })
            {
                var (x, expected, rows) = Case(shape);
                using var input = place.Input(device, x, x.Length / shape.Channels, shape.Channels);
                GuardedOutput? y = null;
                sweep.Each(
                    () =>
                    {
                        y?.Dispose();
                        y = place.Output(device, rows, shape.Channels);
                        return Arguments(shape, input, y, rows);
                    },
                    name => Tolerance.Close(expected, y!.Read(), 0, 0, $"{name} {shape}"));
                y?.Dispose();
            }
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
            var (x, expected, rows) = Case(shape);
            using var input = new Place(false).Input(device, x, x.Length / shape.Channels, shape.Channels);
            using var y = new Place(false).Output(device, rows, shape.Channels);
            device.Kernels.MaxPool.RunVariant(device.Stream, Arguments(shape, input, y, rows), MaxPoolCpu.ForWidth(bits));
            Tolerance.Close(expected, y.Read(), 0, 0, $"{bits} {shape}");
        }
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Upload(new float[5 * 4 * 3]);
        using var y = device.Upload(new float[3 * 2 * 3]);
        var pool = device.Kernels.MaxPool;
        pool.Run(device.Stream, x.View, y.View, 1, 5, 4, 3, 3, 2, 1);
        Refused("x needs", () => pool.Run(device.Stream, x.View.SubView(1, 59), y.View, 1, 5, 4, 3, 3, 2, 1));
        Refused("y needs", () => pool.Run(device.Stream, x.View, y.View.SubView(1, 17), 1, 5, 4, 3, 3, 2, 1));
        Refused("padding", () => pool.Run(device.Stream, x.View, y.View, 1, 5, 4, 3, 3, 2, 2));
        Refused("stride", () => pool.Run(device.Stream, x.View, y.View, 1, 5, 4, 3, 3, 0, 1));
        Refused("outWidth", () => pool.Run(device.Stream, x.View, y.View, 1, 5, 4, 3, 5, 1, 0));

        static void Refused(string part, Action run) =>
            Assert.Contains(part, Assert.Throws<ShapeException>(run).Message, StringComparison.Ordinal);
    }

    private static MaxPoolArgs Arguments(
        (int Images, int Height, int Width, int Channels, int Kernel, int Stride, int Padding) shape,
        PaddedInput x,
        GuardedOutput y,
        int rows) => new()
        {
            X = x.View,
            Y = y.View,
            Rows = ActiveRows.Fixed(rows),
            Channels = shape.Channels,
            Height = shape.Height,
            Width = shape.Width,
            OutHeight = ConvolutionGeometry.OutputSize(shape.Height, shape.Kernel, shape.Stride, shape.Padding),
            OutWidth = ConvolutionGeometry.OutputSize(shape.Width, shape.Kernel, shape.Stride, shape.Padding),
            Kernel = shape.Kernel,
            Stride = shape.Stride,
            Padding = shape.Padding,
        };

    /// <summary>Values with infinities, and one NaN, which must win wherever it is seen.</summary>
    private static (float[] X, double[] Expected, int Rows) Case(
        (int Images, int Height, int Width, int Channels, int Kernel, int Stride, int Padding) shape)
    {
        var (images, height, width, channels, kernel, stride, padding) = shape;
        var x = Data.WithOutliers(images * height * width * channels, 3);
        x[x.Length / 3] = float.NaN;
        x[x.Length / 2] = float.NegativeInfinity;
        var (outHeight, outWidth) = (
            ConvolutionGeometry.OutputSize(height, kernel, stride, padding), ConvolutionGeometry.OutputSize(width, kernel, stride, padding));
        var expected = ImageReference.MaxPool(x, images, height, width, channels, kernel, stride, padding);

        return (x, expected, images * outHeight * outWidth);
    }
}
