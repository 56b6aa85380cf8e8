using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variant of top-k at every register width and by each of its three ways: one, a list, a sort.</summary>
public sealed class TopKCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryWidthAndK(int bits)
    {
        foreach (var width in new[] { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 257, 1031 })
        {
            foreach (var k in new[] { 1, 2, 5, 65, 300, width })
            {
                if (k > width)
                {
                    continue;
                }

                Matches(bits, Data.WithOutliers(3 * width, width), 3, width, k, status: -1);

                // Few different values: many ties.
                var random = new Random(k);
                Matches(bits, [.. Enumerable.Range(0, 2 * width).Select(_ => (float)random.Next(-2, 3))], 2, width, k, -1);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void NaNCountsAsTheSmallestAndIsReported(int bits)
    {
        const float nan = float.NaN, inf = float.PositiveInfinity;
        foreach (var (k, widths) in new[] { (1, new[] { 66, 97 }), (3, [66, 97]), (66, [66, 97]), (1025, [1025, 1040]) })
        {
            foreach (var width in widths)
            {
                foreach (var bad in new[] { 0, 1, 40, width - 1 })
                {
                    var x = Data.Normal(3 * width, width);
                    x[width + bad] = nan;
                    Matches(bits, x, 3, width, k, status: 2);
                    x[bad] = inf;
                    x[2 * width + bad] = -inf;
                    Matches(bits, x, 3, width, k, status: 2);
                }

                var allBad = new float[2 * width];
                Array.Fill(allBad, nan);
                Matches(bits, allBad, 2, width, k, status: 2);
                allBad[width + 7] = -inf;
                allBad[width + 9] = -inf;
                Matches(bits, allBad, 2, width, k, status: 2);
                Array.Fill(allBad, -inf);
                Matches(bits, allBad, 2, width, k, status: -1);
                allBad[3] = 0f;
                allBad[2] = -0f;
                Matches(bits, allBad, 2, width, k, status: -1);
            }
        }
    }

    [Fact]
    public void TheLargestBadRowWinsFromAnyTile()
    {
        const int rows = 60, width = 2000;
        var x = Data.Normal(rows * width, 1);
        x[7 * width + 3] = float.NaN;
        x[49 * width + 1999] = float.NaN;
        x[20 * width] = float.NaN;
        Matches(DeviceTraits.WidestSimd, x, rows, width, 1, status: 50);
        Matches(DeviceTraits.WidestSimd, x, rows, width, 4, status: 50);
        Matches(DeviceTraits.WidestSimd, x, rows, width, 1100, status: 50);
    }

    private void Matches(int bits, float[] x, int rows, int width, int k, int status)
    {
        using var input = new PaddedInput(Device, x, rows, width, offset: 1, stride: width + 1);
        using var indices = Device.Upload(Enumerable.Repeat(-7, rows * k + 2).ToArray());
        using var values = Device.Upload(Enumerable.Repeat(-7f, rows * k + 2).ToArray());
        using var statusBuffer = Device.Upload([-1, -1]);
        var args = new TopKArgs
        {
            X = input.View,
            Width = width,
            K = k,
            Indices = indices.View,
            IndicesOffset = 1,
            Values = values.View,
            ValuesOffset = 1,
            Rows = ActiveRows.Fixed(rows),
            Status = statusBuffer.View,
            StatusSlot = 1,
        };
        Device.Kernels.TopK.RunVariant(Device.Stream, args, TopKCpu.ForWidth(bits));
        var expected = new List<int>();
        for (var r = 0; r < rows; r++)
        {
            expected.AddRange(TopKReference.Row(x.AsSpan(r * width, width), k));
        }

        Assert.Equal([-7, .. expected, -7], indices.GetAsArray1D());
        Assert.Equal([-7f, .. expected.Select((place, i) => x[i / k * width + place]), -7f], values.GetAsArray1D());
        Assert.Equal([-1, status], statusBuffer.GetAsArray1D());
    }
}
