using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Softmax over heads and positions together, against float64.</summary>
public sealed class SpatialAttentionTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    public static TheoryData<int> Widths => SimdWidths.All;

    private static (int Images, int Queries, int Positions, int Heads, int HeadDim)[] Shapes =>
    [
        (1, 1, 1, 1, 1),
        (2, 3, 6, 2, 4),
        (2, 2, 35, 8, 4),
        (1, 5, 7, 3, 17),
        (3, 1, 20, 1, 33),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatches(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<SpatialAttentionArgs>(device, device.Kernels.SpatialAttention);
        foreach (var shape in Shapes)
        {
            Verify(device, shape, sweep.Each);
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
            Verify(device, shape, (arrange, verify) =>
            {
                device.Kernels.SpatialAttention.RunVariant(device.Stream, arrange(), SpatialAttentionCpu.ForWidth(bits));
                verify($"{bits}");
            });
        }
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var q = device.Upload(new float[2 * 3 * 8]);
        using var k = device.Upload(new float[2 * 5 * 8]);
        using var table = device.Upload(new int[10]);
        using var y = device.Upload(new float[2 * 3 * 5 * 2]);
        var operation = device.Kernels.SpatialAttention;
        operation.Run(device.Stream, q.View, k.View, table.View, y.View, 2, 3, 5, 2, 4);
        Refused("q needs", () => operation.Run(device.Stream, q.View.SubView(1, 47), k.View, table.View, y.View, 2, 3, 5, 2, 4));
        Refused("k needs", () => operation.Run(device.Stream, q.View, k.View.SubView(1, 79), table.View, y.View, 2, 3, 5, 2, 4));
        Refused("keyTable needs", () => operation.Run(device.Stream, q.View, k.View, table.View.SubView(1, 9), y.View, 2, 3, 5, 2, 4));
        Refused("y needs", () => operation.Run(device.Stream, q.View, k.View, table.View, y.View.SubView(1, 59), 2, 3, 5, 2, 4));
        Refused("headDim", () => operation.Run(device.Stream, q.View, k.View, table.View, y.View, 2, 3, 5, 2, 0));
        Refused("queries", () => operation.Run(device.Stream, q.View, k.View, table.View, y.View, 2, 0, 5, 2, 4));

        static void Refused(string part, Action run) =>
            Assert.Contains(part, Assert.Throws<ShapeException>(run).Message, StringComparison.Ordinal);
    }

    private static void Verify(
        TestDevice device,
        (int Images, int Queries, int Positions, int Heads, int HeadDim) shape,
        Action<Func<SpatialAttentionArgs>, Action<string>> each)
    {
        var (images, queries, positions, heads, headDim) = shape;
        var (width, place) = (heads * headDim, new Place(false));

        // Keys are fewer than positions; the last image has none where there are several.
        var keyRows = Math.Max(1, images * positions / 2);
        var table = Enumerable.Range(0, images * positions)
            .Select(i => images > 1 && i / positions == images - 1 ? -1 : i % 3 == 2 ? keyRows : i % keyRows).ToArray();
        using var q = place.Input(device, Data.WithOutliers(images * queries * width, 1), images * queries, width);
        using var k = place.Input(device, Data.Normal(keyRows * width, 2), keyRows, width);
        using var keys = device.Upload(table);
        var scale = 1f / MathF.Sqrt(headDim);
        var expected = SpatialAttentionReference.Compute(
            q.Values, k.Values, table, keyRows, images * queries, queries, positions, heads, headDim, scale);
        GuardedOutput? y = null;
        each(
            () =>
            {
                y?.Dispose();
                y = place.Output(device, images * queries * positions, heads);
                return new SpatialAttentionArgs
                {
                    Query = q.View,
                    Key = k.View,
                    KeyRows = keyRows,
                    KeyTable = keys.View,
                    Y = y.View,
                    Rows = ActiveRows.Fixed(images * queries),
                    Queries = queries,
                    Positions = positions,
                    NumHeads = heads,
                    HeadDim = headDim,
                    Scale = scale,
                };
            },

            name => Tolerance.Close(expected, y!.Read(), Tolerances.SpatialAttention, $"{name} {shape}"));
        y?.Dispose();
    }
}
