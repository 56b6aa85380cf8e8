using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variants of add, concat, gather and transpose at their own edges; every number is exact.</summary>
public sealed class ElementwiseCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void AddOfEveryWidth(int bits)
    {
        foreach (var (rows, width) in new[]
            { (1, 1), (3, 3), (3, 4), (2, 7), (2, 8), (2, 9), (2, 15), (2, 16), (2, 17), (5, 33), (400, 65) })
        {
            var (a, b) = (Data.WithOutliers(rows * width, 1), Data.Normal(rows * width, 2));
            using var left = new PaddedInput(Device, a, rows, width, offset: 1, stride: width + 1);
            using var right = new PaddedInput(Device, b, rows, width, offset: 3, stride: width + 2);
            using var y = new GuardedOutput(Device, rows, width, width + 3);
            var args = new AddArgs { A = left.View, B = right.View, Y = y.View, Width = width, Rows = ActiveRows.Fixed(rows) };
            Device.Kernels.Add.RunVariant(Device.Stream, args, AddCpu.ForWidth(bits));
            Assert.Equal(a.Zip(b, (p, q) => p + q), y.Read());
        }
    }

    [Fact]
    public void TransposeAroundBlockEdges()
    {
        foreach (var (batch, rows, columns) in new[]
            { (1, 1, 1), (2, 3, 5), (1, 4, 4), (3, 5, 8), (1, 63, 65), (2, 64, 64), (1, 66, 131), (1, 1, 200), (1, 200, 1) })
        {
            var x = Data.Normal(batch * rows * columns, rows);
            using var input = new PaddedInput(Device, x, batch * rows, columns, offset: 3, stride: columns + 1);
            using var y = new GuardedOutput(Device, batch * columns, rows, rows + 5);
            var args = new TransposeArgs { X = input.View, Y = y.View, Batch = batch, Rows = rows, Columns = columns };
            Device.Kernels.Transpose.RunVariant(Device.Stream, args, TransposeCpu.Variant);
            var expected = new float[x.Length];
            for (var i = 0; i < x.Length; i++)
            {
                var (matrix, row, column) = (i / (rows * columns), i / columns % rows, i % columns);
                expected[(matrix * columns + column) * rows + row] = x[i];
            }

            Assert.Equal(expected, y.Read());
        }
    }

    [Fact]
    public void GatherReportsTheLargestBadRowFromAnyTile()
    {
        // Rows wide enough for many tiles; bad indices in several of them.
        const int sourceRows = 7, width = 3000, rows = 40;
        var x = Data.Normal(sourceRows * width, 1);
        var indices = Enumerable.Range(0, rows).Select(r => r % sourceRows).ToArray();
        (indices[3], indices[31], indices[17]) = (-1, sourceRows, int.MinValue);
        using var input = new PaddedInput(Device, x, sourceRows, width);
        using var indexBuffer = Device.Upload([-5, .. indices]);
        using var status = Device.Upload([0, 5]);
        using var y = new GuardedOutput(Device, rows, width);
        var args = new GatherArgs
        {
            X = input.View,
            SourceRows = sourceRows,
            Indices = indexBuffer.View,
            IndicesOffset = 1,
            Y = y.View,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Status = status.View,
            StatusSlot = 1,
        };
        Device.Kernels.Gather.RunVariant(Device.Stream, args, GatherCpu.Variant);
        var output = y.Read();
        for (var r = 0; r < rows; r++)
        {
            var from = r is 3 or 31 or 17 ? 0 : indices[r];
            Assert.Equal(x[(from * width)..((from + 1) * width)], output[(r * width)..((r + 1) * width)]);
        }

        Assert.Equal([0, 32], status.GetAsArray1D());
    }

    [Fact]
    public void ConcatCopiesBothParts()
    {
        foreach (var (rows, widthA, widthB) in new[] { (1, 1, 1), (3, 5, 2), (2, 64, 7), (300, 33, 40) })
        {
            var (a, b) = (Data.Normal(rows * widthA, 1), Data.Normal(rows * widthB, 2));
            using var left = new PaddedInput(Device, a, rows, widthA, offset: 1, stride: widthA + 1);
            using var right = new PaddedInput(Device, b, rows, widthB, offset: 2, stride: widthB + 3);
            using var y = new GuardedOutput(Device, rows, widthA + widthB, widthA + widthB + 1);
            var args = new ConcatArgs
            {
                A = left.View,
                B = right.View,
                Y = y.View,
                WidthA = widthA,
                WidthB = widthB,
                Rows = ActiveRows.Fixed(rows),
            };
            Device.Kernels.Concat.RunVariant(Device.Stream, args, ConcatCpu.Variant);
            var expected = Enumerable.Range(0, rows).SelectMany(
                r => a[(r * widthA)..((r + 1) * widthA)].Concat(b[(r * widthB)..((r + 1) * widthB)]));
            Assert.Equal(expected, y.Read());
        }
    }
}
