using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Unfolding: every element is a copy or a zero, so every number is exact.</summary>
public sealed class UnfoldTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<UnfoldArgs>(device, device.Kernels.Unfold);
        foreach (var shape in ConvolutionCase.All)
        {
            Verify(device, sweep, shape, planes: false, new Place(true), 0, shape.Rows);
            Verify(device, sweep, shape, planes: true, new Place(false), 0, shape.Rows);
        }

        // A band of rows that begins and ends inside an image.
        var banded = new ConvolutionCase(2, 5, 7, 3, 3, 3, 1, 1, 1);
        Verify(device, sweep, banded, planes: false, new Place(false), 11, 40);
        Verify(device, sweep, banded, planes: true, new Place(true), 34, 36);
        sweep.AssertAllRan();
    }

    [Fact]
    public void WithTheMatmulItIsAConvolution()
    {
        var device = devices[TestDeviceKind.Default];
        var shape = new ConvolutionCase(2, 6, 5, 4, 3, 3, 2, 1, 1);
        const int outputs = 7;
        var (values, weight) = (Data.Normal(2 * 6 * 5 * 4, 1), Data.Normal(outputs * shape.RowWidth, 2));
        using var x = device.Upload(values);
        using var w = device.Upload(weight);
        using var rows = device.Upload(new float[shape.Rows * shape.RowWidth]);
        using var y = device.Upload(new float[shape.Rows * outputs]);
        device.Kernels.Unfold.Run(device.Stream, x.View, rows.View, 2, 6, 5, 4, kernel: 3, stride: 2, padding: 1);
        device.Kernels.MatMul.Run(device.Stream, rows.View, w.View, y.View, shape.Rows, outputs, shape.RowWidth);
        var expected = new double[shape.Rows * outputs];
        for (var i = 0; i < expected.Length; i++)
        {
            var (position, output) = (i / outputs, i % outputs);
            for (var tap = 0; tap < 9; tap++)
            {
                for (var c = 0; c < 4; c++)
                {
                    var (image, oy, ox) = (position / 9, position / 3 % 3, position % 3);
                    expected[i] += shape.At(values, image, oy * 2 - 1 + tap / 3, ox * 2 - 1 + tap % 3, c)
                        * weight[(output * 9 + tap) * 4 + c];
                }
            }
        }

        // 36 products of size about 1, each rounded at 6e-8 of the sum.
        Tolerance.Close(expected, y.GetAsArray1D(), 1e-5, 0, "convolution");
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Upload(new float[2 * 4 * 4 * 3]);
        using var y = device.Upload(new float[2 * 16 * 27]);
        var unfold = device.Kernels.Unfold;
        unfold.Run(device.Stream, x.View, y.View, 2, 4, 4, 3, 3, 1, 1);
        Refused("x needs", () => unfold.Run(device.Stream, x.View.SubView(1, 95), y.View, 2, 4, 4, 3, 3, 1, 1));
        Refused("y needs", () => unfold.Run(device.Stream, x.View, y.View.SubView(1, 863), 2, 4, 4, 3, 3, 1, 1));
        Refused("strideHeight", () => unfold.Run(device.Stream, x.View, y.View, 2, 4, 4, 3, 3, 0, 1));
        Refused("kernelHeight", () => unfold.Run(device.Stream, x.View, y.View, 2, 4, 4, 3, 0, 1, 1));
        Refused("paddingHeight", () => unfold.Run(device.Stream, x.View, y.View, 2, 4, 4, 3, 3, 1, -1));
        Refused("outHeight", () => unfold.Run(device.Stream, x.View, y.View, 2, 4, 4, 3, 5, 1, 0));
        var shape = new ConvolutionCase(2, 4, 4, 3, 3, 3, 1, 1, 1);
        var args = shape.Arguments(false, 0) with
        {
            X = x.View,
            Y = RowView.Dense(y.View, 27),
            Rows = ActiveRows.Fixed(32),
            FirstRow = 1,
        };
        Refused("x needs", () => unfold.Run(device.Stream, args));
        Refused("each stride", () => unfold.Run(device.Stream, args with { FirstRow = 0, LineStride = -1 }));
        Refused("outWidth", () => unfold.Run(device.Stream, args with { FirstRow = 0, OutWidth = 5 }));
    }

    private static void Refused(string part, Action run)
    {
        var error = Assert.Throws<ShapeException>(run);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static void Verify(
        TestDevice device, VariantSweep<UnfoldArgs> sweep, ConvolutionCase shape, bool planes, Place place, int first, int end)
    {
        var each = shape.Height * shape.Width * shape.Channels;
        var values = Data.Normal(shape.Images * each, 1);
        var gap = place.Aligned ? 4 : 1;
        using var x = new PaddedInput(device, planes ? shape.Planes(values) : values, shape.Images, each, place.Offset, each + gap);

        // One row more than is in use.
        using var state = device.Upload([end - first]);
        var unused = end < shape.Rows ? 1 : 0;
        var expected = shape.Unfolded(values, first, end - first);
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y?.Dispose();
                y = place.Output(device, end - first + unused, shape.RowWidth);
                return shape.Arguments(planes, gap) with
                {
                    X = x.View.Data,
                    XOffset = x.View.Offset,
                    Y = y.View,
                    Rows = ActiveRows.FromState(state.View, 0, end - first + unused),
                    FirstRow = first,
                };
            },
            name =>
            {
                var rows = y!.Read();
                Tolerance.Close(expected, rows[..expected.Length], 0, 0, $"{name} {shape} planes {planes}");
                Assert.All(rows[expected.Length..], value => Assert.True(float.IsNaN(value)));
            });
        y?.Dispose();
    }
}
