using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class AttentionMapTests
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<AttentionMapArgs>(device, device.Kernels.AttentionMap);
        Case(device, sweep, 1, 1, 4, [1], [1], causal: false, mapKeys: 1);
        Case(device, sweep, 2, 1, 33, [3, 2], [17, 0], causal: false, mapKeys: 20);
        Case(device, sweep, 4, 2, 8, [5], [40], causal: true, mapKeys: 40);
        Case(device, sweep, 1, 1, 5, [4], [33], causal: true, mapKeys: 16);
        sweep.AssertAllRan();
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        int[] lengths = [4];
        using var buffers = new AttentionBuffers(
            device, new AttentionCase(2, 2, 4, lengths, AttentionCase.Sequences(lengths, lengths, causal: true)), 16);
        using var map = new GuardedOutput(device, 4, 10);
        var good = Arguments(buffers, map.View, 4, 2, 5);
        Refused(good with { MapKeys = 0 }, "mapKeys");
        Refused(good with { MapKeys = 6 }, "stride of map");
        Refused(good with { NumHeads = 3 }, "numHeads must be a multiple");
        Refused(good with { Rows = ActiveRows.Fixed(5) }, "rowTable needs 20 elements");
        Refused(good with { Query = good.Query with { Offset = 99 } }, "query needs");

        void Refused(AttentionMapArgs args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.AttentionMap.Run(device.Stream, args));
            Assert.StartsWith("AttentionMap: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static AttentionMapArgs Arguments(AttentionBuffers buffers, RowView map, int rows, int numHeads, int mapKeys) => new()
    {
        Query = buffers.Query,
        Pages = buffers.Pages,
        RowTable = buffers.RowTable,
        Rows = ActiveRows.Fixed(rows),
        NumHeads = numHeads,
        Scale = 0.5f,
        Map = map,
        MapKeys = mapKeys,
    };

    private static void Case(
        TestDevice device, VariantSweep<AttentionMapArgs> sweep, int numHeads, int numKvHeads, int headDim,
        int[] queryLengths, int[] keyLengths, bool causal, int mapKeys)
    {
        var attentionCase = new AttentionCase(
            numHeads, numKvHeads, headDim, keyLengths, AttentionCase.Sequences(queryLengths, keyLengths, causal));
        var rows = attentionCase.Rows;
        var expected = attentionCase.ExpectedMap(rows.Count, mapKeys, 0.5);
        using var buffers = new AttentionBuffers(device, attentionCase, 16);
        GuardedOutput? output = null;
        sweep.Each(
            () => Arguments(
                buffers, (output = new GuardedOutput(device, rows.Count, numHeads * mapKeys, numHeads * mapKeys + 3)).View,
                rows.Count, numHeads, mapKeys),
            name =>
            {
                Tolerance.Close(expected, output!.Read(), Tolerances.AttentionMap, $"{name} {numHeads}x{headDim}");
                output.Dispose();
            });
    }
}
