using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variants around attention at every register width: the map, additive attention, writing keys.</summary>
public sealed class AttentionPartsCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    // Scores of normal data are below about 10, so a weight is off by some 10 · 2^-22.
    private const double Absolute = 5e-6;
    private const double Relative = 1e-5;

    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void TheMapIsTheSoftmaxOfTheScores(int bits)
    {
        Maps(bits, 2, 1, 16, [5], [40], window: int.MaxValue, mapKeys: 48);
        Maps(bits, 4, 2, 33, [20, 1], [33, 17], window: 5, mapKeys: 33);
        Maps(bits, 1, 1, 8, [3], [100], window: int.MaxValue, mapKeys: 50);
        Maps(bits, 1, 1, 8, [1, 2], [0, 2], window: int.MaxValue, mapKeys: 3);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void AdditiveAttentionOfEveryWidth(int bits)
    {
        foreach (var (width, valueWidth, keys) in new[]
            { (1, 1, 1), (3, 5, 2), (8, 16, 7), (15, 17, 16), (16, 33, 5), (17, 64, 31), (33, 65, 9), (64, 130, 20) })
        {
            Adds(bits, 2, 3, keys, width, valueWidth, null);
            Adds(bits, 3, 2, keys, width, valueWidth, [keys, 0, Math.Max(0, keys - 1)]);
        }
    }

    [Fact]
    public void KeysAreWrittenInRunsThatBeginAndEndAnywhere()
    {
        foreach (var headDim in new[] { 1, 3, 4, 8, 33, 64 })
        {
            foreach (var (first, count) in new[] { (0, 1), (0, 16), (5, 11), (5, 12), (13, 40), (15, 2), (16, 17), (0, 70) })
            {
                Writes(headDim, first, count);
            }
        }
    }

    private void Writes(int headDim, int first, int count)
    {
        const int heads = 2, before = 3;
        int[] lengths = [first + count, 4];
        var attentionCase = new AttentionCase(
            heads, heads, headDim, lengths, AttentionCase.Sequences([1, 1], lengths, causal: false));
        var pageTable = attentionCase.PageTable();
        var width = heads * headDim;

        // Some rows of the other sequence come first, so that runs do not begin at a tile's first row.
        var (keys, values, table) = (new List<float>(), new List<float>(), new List<int>());
        for (var r = 0; r < before + count; r++)
        {
            var (sequence, slot) = r < before ? (1, r) : (0, first + r - before);
            keys.AddRange(attentionCase.Keys[sequence][(slot * width)..((slot + 1) * width)]);
            values.AddRange(attentionCase.Values[sequence][(slot * width)..((slot + 1) * width)]);
            table.AddRange([sequence, slot]);
        }

        Array.Fill(attentionCase.Keys[0], float.NaN, 0, first * width);
        Array.Fill(attentionCase.Values[0], float.NaN, 0, first * width);
        Array.Fill(attentionCase.Keys[1], float.NaN, before * width, width);
        Array.Fill(attentionCase.Values[1], float.NaN, before * width, width);
        var expected = attentionCase.Pages(pageTable);
        using var buffers = new AttentionBuffers(Device, attentionCase, 16, writePages: false);
        using var keyRows = new PaddedInput(Device, [.. keys], before + count, width, offset: 1, stride: width + 3);
        using var valueRows = new PaddedInput(Device, [.. values], before + count, width, offset: 2, stride: width + 1);
        using var writeTable = Device.Upload([.. table]);
        var args = new KeyValueWriteArgs
        {
            Key = keyRows.View,
            Value = valueRows.View,
            Pages = buffers.Pages,
            WriteTable = writeTable.View,
            Rows = ActiveRows.Fixed(before + count),
        };
        Device.Kernels.KeyValueWrite.RunVariant(Device.Stream, args, KeyValueWriteCpu.Variant);
        var (writtenKeys, writtenValues) = (new float[expected.Keys.Length], new float[expected.Values.Length]);
        buffers.Pages.Keys.CopyToCPU(Device.Stream, writtenKeys);
        buffers.Pages.Values.CopyToCPU(Device.Stream, writtenValues);
        Device.Stream.Synchronize();
        Assert.Equal(expected.Keys, writtenKeys);
        Assert.Equal(expected.Values, writtenValues);
    }

    private void Maps(int bits, int heads, int kvHeads, int headDim, int[] queries, int[] keys, int window, int mapKeys)
    {
        var attentionCase = new AttentionCase(
            heads, kvHeads, headDim, keys, AttentionCase.Sequences(queries, keys, causal: true, window));
        var rows = attentionCase.Rows.Count;
        var expected = new double[rows * heads * mapKeys];
        for (var r = 0; r < rows; r++)
        {
            for (var h = 0; h < heads; h++)
            {
                var weights = AttentionReference.Weights(
                    attentionCase.Query, attentionCase.Keys, attentionCase.Rows, r, h, heads, kvHeads, headDim, 0.5);
                for (var j = 0; j < weights.Length && attentionCase.Rows[r].Begin + j < mapKeys; j++)
                {
                    expected[(r * heads + h) * mapKeys + attentionCase.Rows[r].Begin + j] = weights[j];
                }
            }
        }

        using var buffers = new AttentionBuffers(Device, attentionCase, 16);
        using var map = new GuardedOutput(Device, rows, heads * mapKeys, heads * mapKeys + 1);
        var args = new AttentionMapArgs
        {
            Query = buffers.Query,
            Pages = buffers.Pages,
            RowTable = buffers.RowTable,
            Rows = ActiveRows.Fixed(rows),
            NumHeads = heads,
            Scale = 0.5f,
            Map = map.View,
            MapKeys = mapKeys,
        };
        Device.Kernels.AttentionMap.RunVariant(Device.Stream, args, AttentionMapCpu.ForWidth(bits));
        Tolerance.Close(expected, map.Read(), Absolute, Relative, $"{bits} bits, {heads}x{headDim}");
    }

    private void Adds(int bits, int batch, int seqLenQ, int seqLenKv, int width, int valueWidth, int[]? lengths)
    {
        var (queryRows, keyRows) = (batch * seqLenQ, batch * seqLenKv);
        using var query = new PaddedInput(Device, Data.Normal(queryRows * width, 1), queryRows, width, 1, width + 1);
        using var key = new PaddedInput(Device, Data.Normal(keyRows * width, 2), keyRows, width, 2, width + 2);
        using var value = new PaddedInput(
            Device, Data.WithOutliers(keyRows * valueWidth, 3), keyRows, valueWidth, 3, valueWidth + 1);
        using var vector = new PaddedInput(Device, Data.Normal(width, 4), 1, width, 3);
        using var lengthBuffer = Device.Upload(lengths ?? [0]);
        using var weights = new GuardedOutput(Device, queryRows, seqLenKv, seqLenKv + 1);
        using var output = new GuardedOutput(Device, queryRows, valueWidth, valueWidth + 1);
        var args = new AdditiveAttentionArgs
        {
            Query = query.View,
            Key = key.View,
            Value = value.View,
            Vector = vector.View.Data,
            VectorOffset = 3,
            Output = output.View,
            Weights = weights.View,
            KeyLengths = lengthBuffer.View,
            HasKeyLengths = lengths is null ? 0 : 1,
            Batch = batch,
            SeqLenQ = seqLenQ,
            SeqLenKv = seqLenKv,
            Width = width,
            ValueWidth = valueWidth,
        };
        Device.Kernels.AdditiveAttention.RunVariant(Device.Stream, args, AdditiveAttentionCpu.ForWidth(bits));
        var (expected, expectedWeights) = AdditiveAttentionReference.Compute(
            query.Values, key.Values, value.Values, vector.Values, lengths, batch, seqLenQ, seqLenKv, width, valueWidth);
        var what = $"{bits} bits, {width}, {valueWidth}, {seqLenKv} keys";
        Tolerance.Close(expectedWeights, weights.Read(), Absolute, Relative, what);
        Tolerance.Close(expected, output.Read(), 1e-4, Relative, what);
    }
}
