using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Add, concat and gather: exact, on every kind of device, aligned and not.</summary>
public sealed class ElementwiseTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private static readonly int[] Widths = [1, 3, 4, 5, 31, 64, 127, 128, 129, 1029];

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AddMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<AddArgs>(device, device.Kernels.Add);
        foreach (var width in Widths)
        {
            foreach (var place in new[] { new Place(true), new Place(false) })
            {
                const int rows = 3;
                using var a = place.Input(device, Data.WithOutliers(rows * width, 1), rows, width);
                using var b = place.Input(device, Data.WithOutliers(rows * width, 2), rows, width);
                var expected = a.Values.Zip(b.Values, (u, v) => (double)(u + v)).ToArray();
                Sweep(device, sweep, place, rows, width, expected, y => new AddArgs
                {
                    A = a.View,
                    B = b.View,
                    Y = y.View,
                    Width = width,
                    Rows = ActiveRows.Fixed(rows),
                });
            }
        }

        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ConcatMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<ConcatArgs>(device, device.Kernels.Concat);
        (int A, int B)[] widths = [(1, 1), (4, 4), (3, 6), (5, 7), (0, 9), (9, 0), (64, 68), (127, 2), (128, 131), (130, 600)];
        foreach (var (widthA, widthB) in widths)
        {
            foreach (var place in new[] { new Place(true), new Place(false) })
            {
                const int rows = 2;
                var width = widthA + widthB;
                using var a = place.Input(device, Data.Normal(rows * widthA, 3), rows, widthA);
                using var b = place.Input(device, Data.Normal(rows * widthB, 4), rows, widthB);
                var expected = new double[rows * width];
                for (var i = 0; i < expected.Length; i++)
                {
                    var (row, column) = (i / width, i % width);
                    expected[i] = column < widthA
                        ? a.Values[row * widthA + column]
                        : b.Values[row * widthB + column - widthA];
                }

                Sweep(device, sweep, place, rows, width, expected, y => new ConcatArgs
                {
                    A = a.View,
                    B = b.View,
                    Y = y.View,
                    WidthA = widthA,
                    WidthB = widthB,
                    Rows = ActiveRows.Fixed(rows),
                });
            }
        }

        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void GatherMatchesAndReportsWhatIsOutside(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<GatherArgs>(device, device.Kernels.Gather);
        int[] indices = [-7, 2, 0, 5, -1, 4, 6, int.MaxValue, 1, int.MinValue, 3];
        const int rows = 9, sourceRows = 6;
        foreach (var width in Widths)
        {
            foreach (var place in new[] { new Place(true), new Place(false) })
            {
                using var x = place.Input(device, Data.Normal(sourceRows * width, 5), sourceRows, width);
                using var ids = device.Upload(indices);
                using var status = device.Upload([-5, 2]);
                var expected = new double[rows * width];
                for (var i = 0; i < expected.Length; i++)
                {
                    var index = indices[1 + i / width];
                    expected[i] = x.Values[(index is >= 0 and < sourceRows ? index : 0) * width + i % width];
                }

                Sweep(
                    device,
                    sweep,
                    place,
                    rows,
                    width,
                    expected,
                    y => new GatherArgs
                    {
                        X = x.View,
                        SourceRows = sourceRows,
                        Indices = ids.View,
                        IndicesOffset = 1,
                        Y = y.View,
                        Width = width,
                        Rows = ActiveRows.Fixed(rows),
                        Status = status.View,
                        StatusSlot = 1,
                    },
                    () =>
                    {
                        Assert.Equal([-5, 9], status.GetAsArray1D());
                        status.CopyFromCPU([-5, 2]);
                    });
            }
        }

        sweep.AssertAllRan();
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var buffer = device.Upload(new float[12]);
        using var ids = device.Upload([0, 0, 0]);
        var set = device.Kernels;
        var stream = device.Stream;
        Refused("a needs", () => set.Add.Run(stream, buffer.View.SubView(1, 11), buffer.View, buffer.View, 3, 4));
        Refused("b needs", () => set.Add.Run(stream, buffer.View, buffer.View.SubView(1, 11), buffer.View, 3, 4));
        Refused("y needs", () => set.Add.Run(stream, buffer.View, buffer.View, buffer.View.SubView(1, 11), 3, 4));
        Refused("widthB", () => set.Concat.Run(stream, buffer.View, buffer.View, buffer.View, 2, 2, -1));
        Refused("y needs", () => set.Concat.Run(stream, buffer.View, buffer.View, buffer.View, 3, 2, 3));
        Refused("indices", () => set.Gather.Run(stream, buffer.View, ids.View, buffer.View, ids.View, 6, 4, 2));
        Refused("status", () => set.Gather.Run(stream, buffer.View, ids.View, buffer.View, default, 6, 3, 2));
        Refused("x needs", () => set.Gather.Run(stream, buffer.View, ids.View, buffer.View, ids.View, 7, 3, 2));
        Refused("sourceRows", () => set.Gather.Run(stream, buffer.View, ids.View, buffer.View, ids.View, 0, 3, 2));

        static void Refused(string part, Action run)
        {
            var error = Assert.Throws<ShapeException>(run);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Sweep<TArgs>(
        TestDevice device,
        VariantSweep<TArgs> sweep,
        Place place,
        int rows,
        int width,
        double[] expected,
        Func<GuardedOutput, TArgs> arrange,
        Action? verify = null)
        where TArgs : struct
    {
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y?.Dispose();
                y = place.Output(device, rows, width);
                return arrange(y);
            },
            name =>
            {
                Tolerance.Close(expected, y!.Read(), 0, 0, $"{name} {rows}x{width} {place}");
                verify?.Invoke();
            });
        y?.Dispose();
    }
}
