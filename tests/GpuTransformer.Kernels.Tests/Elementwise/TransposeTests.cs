using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Transpose on every kind of device.</summary>
public sealed class TransposeTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<TransposeArgs>(device, device.Kernels.Transpose);
        (int Batch, int Rows, int Columns)[] shapes =
            [(1, 1, 1), (1, 1, 7), (2, 5, 3), (1, 31, 33), (1, 32, 32), (2, 33, 31), (3, 13, 67)];
        foreach (var (batch, rows, columns) in shapes)
        {
            var place = new Place(false);
            using var x = place.Input(device, Data.Normal(batch * rows * columns, 1), batch * rows, columns);
            var expected = new double[x.Values.Length];
            for (var i = 0; i < expected.Length; i++)
            {
                var (matrix, element) = (i / (rows * columns), i % (rows * columns));
                expected[i] = x.Values[(matrix * rows + element % rows) * columns + element / rows];
            }

            GuardedOutput? y = null;
            sweep.Each(
                () =>
                {
                    y = place.Output(device, batch * columns, rows);
                    return new TransposeArgs
                    {
                        X = x.View,
                        Y = y.View,
                        Batch = batch,
                        Rows = rows,
                        Columns = columns,
                    };
                },
                name =>
                {
                    Tolerance.Close(expected, y!.Read(), 0, 0, $"{name} {batch}x{rows}x{columns}");
                    y.Dispose();
                });
        }

        sweep.AssertAllRan();
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var buffer = device.Upload(new float[12]);
        using var y = device.Upload(new float[12]);
        var error = Assert.Throws<ShapeException>(
            () => device.Kernels.Transpose.Run(device.Stream, buffer.View, y.View, 2, 3, 4));
        Assert.Contains("x needs 24", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ShapeException>(
            () => device.Kernels.Transpose.Run(device.Stream, buffer.View, y.View.SubView(1, 11), 1, 3, 4));
        Assert.Contains("y needs 12", error.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(
            () => device.Kernels.Transpose.Run(device.Stream, buffer.View, y.View, int.MaxValue, int.MaxValue - 9000, 4));
    }
}
