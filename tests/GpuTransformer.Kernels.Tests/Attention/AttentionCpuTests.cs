using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variant of attention at every register width: tile edges, chunk edges, and what may not matter.</summary>
public sealed class AttentionCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryHeadWidth(int bits)
    {
        foreach (var headDim in new[] { 1, 8, 16, 24, 32, 33, 48, 64, 72, 80, 96, 112, 128, 256 })
        {
            Matches(bits, Rectangular(1, 1, headDim, [19], [37], causal: true), 64);
            Matches(bits, Rectangular(2, 2, headDim, [1], [20], causal: false), 1);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryNumberOfRowsAndKeysAroundTileEdges(int bits)
    {
        foreach (var rows in new[] { 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 63, 64, 65, 67 })
        {
            Matches(bits, Rectangular(1, 1, 8, [rows], [rows], causal: true), 64);
            Matches(bits, Rectangular(1, 1, 8, [rows], [23], causal: false), 64);
        }

        foreach (var keys in new[] { 1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 79, 80, 81, 113 })
        {
            Matches(bits, Rectangular(1, 1, 16, [9], [keys], causal: false), 16);
            Matches(bits, Rectangular(1, 1, 16, [1], [keys], causal: false), 16);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ChunksMergeAtTheirEdges(int bits)
    {
        const int chunk = AttentionCpuState.Chunk;
        foreach (var keys in new[] { chunk - 1, chunk, chunk + 1, 2 * chunk + 33 })
        {
            Matches(bits, Rectangular(1, 1, 8, [1], [keys], causal: false), 64);
            Matches(bits, Rectangular(2, 1, 8, [11], [keys], causal: false), 64);
        }

        // Ends on both sides of an edge in one tile, and windows that begin on both sides.
        Matches(bits, Rectangular(1, 1, 33, [20], [chunk + 9], causal: true), 64);
        int[] queries = [40], lengths = [2 * chunk + 20];
        var windows = AttentionCase.Sequences(queries, lengths, causal: true, window: chunk + 5);
        Matches(bits, new AttentionCase(2, 1, 8, lengths, windows), 64);
        var narrow = AttentionCase.Sequences(queries, lengths, causal: true, window: 3);
        Matches(bits, new AttentionCase(2, 1, 8, lengths, narrow), 64);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void HeadsShareATileAndBlocksMayBeLong(int bits)
    {
        Matches(bits, Rectangular(8, 1, 8, [1, 3, 5], [30, 3, 17], causal: true), 1);
        Matches(bits, Rectangular(6, 2, 16, [5, 40], [30, 40], causal: true), 20);
        Matches(bits, Rectangular(12, 3, 8, [150], [150], causal: true), 150);
        Matches(bits, Rectangular(70, 1, 4, [2], [9], causal: false), 2);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ARowsBitsDependOnNothingElse(int bits)
    {
        int[] queries = [70, 5], lengths = [AttentionCpuState.Chunk + 40, 21];
        var all = AttentionCase.Sequences(queries, lengths, causal: true).ToArray();
        foreach (var heads in new[] { 1, 4 })
        {
            var whole = new AttentionCase(heads, 1, 24, lengths, all);
            var expected = Run(whole, 64, bits);
            foreach (var blockRows in new[] { 150, 20, 7, 1 })
            {
                Assert.Equal(expected, Run(whole, blockRows, bits));
            }

            var pool = new CpuPool(3);
            Assert.Equal(expected, Run(whole, 64, bits, pool));
            pool.Limit(1);

            foreach (var row in new[] { 0, 29, 30, 31, 69, 72 })
            {
                var alone = new AttentionCase(heads, 1, 24, lengths, [all[row]]);
                whole.Query.AsSpan(row * whole.Width, whole.Width).CopyTo(alone.Query);
                Assert.Equal(expected[(row * whole.Width)..((row + 1) * whole.Width)], Run(alone, 1, bits));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ChunksOfFewRowsAreTilesOfTheirOwn(int bits)
    {
        const int chunk = AttentionCpuState.Chunk;
        int[] queries = [1, 3, 1, 1, 2], lengths = [3 * chunk + 5, 40, chunk, 2 * chunk, 2 * chunk + 1];
        var pool = new CpuPool(3);
        foreach (var window in new[] { int.MaxValue, chunk + 3 })
        {
            var rows = AttentionCase.Sequences(queries, lengths, causal: true, window: window).ToArray();
            var whole = new AttentionCase(6, 2, 24, lengths, rows);
            Assert.True(Tiles(whole, 4) > lengths.Length * 2);
            Matches(bits, whole, 4);
            var expected = Run(whole, 4, bits);
            for (var again = 0; again < 20; again++)
            {
                Assert.Equal(expected, Run(whole, 4, bits, pool));
            }

            var (first, width) = (0, whole.Width);
            foreach (var (length, count) in lengths.Zip(queries))
            {
                // So many blocks that none is split.
                var many = new AttentionCase(6, 2, 24, lengths, [.. Enumerable.Repeat(rows[first..(first + count)], 40).SelectMany(r => r)]);
                for (var copy = 0; copy < 40; copy++)
                {
                    whole.Query.AsSpan(first * width, count * width).CopyTo(many.Query.AsSpan(copy * count * width));
                }

                Assert.Equal(40 * 2 * count, Tiles(many, 1));
                Assert.Equal(expected[(first * width)..((first + count) * width)], Run(many, 1, bits)[^(count * width)..]);
                first += count;
            }
        }

        pool.Limit(1);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void WhatARowDoesNotSeeCannotReachIt(int bits)
    {
        int[] lengths = [40];
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity })
        {
            var clean = Rectangular(1, 1, 16, lengths, lengths, causal: true);
            var badValue = Rectangular(1, 1, 16, lengths, lengths, causal: true);
            badValue.Values[0].AsSpan(21 * 16, 16).Fill(bad);
            var badKey = Rectangular(1, 1, 16, lengths, lengths, causal: true);
            badKey.Keys[0].AsSpan(21 * 16, 16).Fill(bad);
            var expected = Run(clean, 64, bits)[..(21 * 16)];
            foreach (var poisoned in new[] { badValue, badKey })
            {
                var output = Run(poisoned, 64, bits);
                Assert.Equal(expected, output[..(21 * 16)]);
                Assert.All(output[(21 * 16)..(22 * 16)], value => Assert.False(float.IsFinite(value)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void APolicyMayHideEverything(int bits)
    {
        int[] queries = [6], lengths = [AttentionCpuState.Chunk + 30];
        var attentionCase = new AttentionCase(2, 1, 8, lengths, AttentionCase.Sequences(queries, lengths, causal: false));
        var expected = attentionCase.Expected(
            (score, head, query, key) => Hides(query, key) ? double.NegativeInfinity : score + 0.25 * head - 0.01 * key);
        using var buffers = new AttentionBuffers(Device, attentionCase, 64);
        using var output = new GuardedOutput(Device, attentionCase.Rows.Count, attentionCase.Width);
        var operation = Device.Kernels.Attention.With<HidingScore>();
        operation.RunVariant(
            Device.Stream, buffers.Arguments(output.View, default(HidingScore)), AttentionCpu<HidingScore>.ForWidth(bits));
        Tolerance.Close(expected, output.Read(), Tolerances.Attention, $"{bits} bits");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ASecondRunAllocatesNothing(int bits)
    {
        var attentionCase = Rectangular(2, 1, 33, [20], [30], causal: true);
        using var buffers = new AttentionBuffers(Device, attentionCase, 64);
        using var output = new GuardedOutput(Device, attentionCase.Rows.Count, attentionCase.Width);
        var args = buffers.Arguments(output.View, default(PlainScore));
        var variant = AttentionCpu<PlainScore>.ForWidth(bits);
        var pool = new CpuPool(1);
        variant.Run(pool, args);
        var before = GC.GetAllocatedBytesForCurrentThread();
        variant.Run(pool, args);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Query 1 of the six sees nothing, query 2 nothing of the first chunk.</summary>
    private static bool Hides(int query, int key) => (query % 6, key) switch
    {
        (1, _) => true,
        (2, < AttentionCpuState.Chunk) => true,
        _ => false,
    };

    private struct HidingScore : IScorePolicy
    {
        public readonly float Apply(float score, int head, int queryPosition, int keyPosition) =>
            Hides(queryPosition, keyPosition) ? float.NegativeInfinity : score + 0.25f * head - 0.01f * keyPosition;
    }

    private static AttentionCase Rectangular(
        int numHeads, int numKvHeads, int headDim, int[] queryLengths, int[] keyLengths, bool causal) =>
        new(numHeads, numKvHeads, headDim, keyLengths, AttentionCase.Sequences(queryLengths, keyLengths, causal), seed: headDim);

    private void Matches(int bits, AttentionCase attentionCase, int blockRows)
    {
        var what = $"{bits} bits, {attentionCase.NumHeads}x{attentionCase.HeadDim}, {attentionCase.Rows.Count} rows, "
            + $"{attentionCase.KeyLengths[0]} keys, block {blockRows}";
        Tolerance.Close(attentionCase.Expected(), Run(attentionCase, blockRows, bits), Tolerances.Attention, what);
    }

    private unsafe int Tiles(AttentionCase attentionCase, int blockRows)
    {
        using var buffers = new AttentionBuffers(Device, attentionCase, blockRows);
        var args = AttentionCpu<PlainScore>.Convert(buffers.Arguments(default, default(PlainScore)));
        return AttentionCpu<PlainScore>.TileCount(&args);
    }

    private float[] Run(AttentionCase attentionCase, int blockRows, int bits, CpuPool? pool = null)
    {
        using var buffers = new AttentionBuffers(Device, attentionCase, blockRows);
        using var output = new GuardedOutput(Device, attentionCase.Rows.Count, attentionCase.Width, attentionCase.Width + 5);
        var args = buffers.Arguments(output.View, default(PlainScore));
        AttentionCpu<PlainScore>.ForWidth(bits).Run(pool ?? Device.Kernels.Pool, args);
        return output.Read();
    }
}
