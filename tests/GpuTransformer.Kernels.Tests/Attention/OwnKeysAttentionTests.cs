using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Attention of rows over their own keys at every register width, against float64 and, to the bit, against the
/// same over pages.</summary>
public sealed class OwnKeysAttentionTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void TheBitsAreThoseOfPages(int bits)
    {
        foreach (var headDim in new[] { 1, 7, 8, 16, 33, 64, 80 })
        {
            Matches(bits, Case(2, 1, headDim, [5, 37, 1, 16], causal: false), 64);
            Matches(bits, Case(3, 3, headDim, [18, 70], causal: true), 20);
        }

        foreach (var length in new[] { 1, 2, 15, 16, 17, 31, 64, 65, 130 })
        {
            Matches(bits, Case(2, 2, 24, [length], causal: false), 64);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SequencesOfSeveralChunks(int bits)
    {
        const int chunk = AttentionCpuState.Chunk;
        Matches(bits, Case(2, 1, 8, [chunk + 9, 20, 2 * chunk + 1], causal: false), 64);
        Matches(bits, Case(1, 1, 8, [2 * chunk + 33], causal: true), 64);
        int[] lengths = [2 * chunk + 20];
        Matches(bits, new AttentionCase(1, 1, 8, lengths, AttentionCase.Sequences(lengths, lengths, causal: true, window: 40)), 64);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void RowsWithoutASlotAreNoKeys(int bits)
    {
        // Every third row asks and is no key: what it holds must not matter.
        foreach (var length in new[] { 4, 40, 100 })
        {
            Matches(bits, Case(2, 2, 16, [length, 21], causal: false), 64, isKey: slot => slot % 3 != 1);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ThreadsAndRunsDoNotMeet(int bits)
    {
        // Tiles of other heads and sequences between those of one, other keys in the next run, on the same threads.
        var pool = new CpuPool(3);
        try
        {
            for (var seed = 1; seed < 4; seed++)
            {
                Matches(bits, Case(5, 5, 16, [70, 30, 129], causal: false, seed), 16, pool: pool);
            }
        }
        finally
        {
            pool.Limit(1);
        }
    }

    [Fact]
    public void ASecondRunAllocatesNothing()
    {
        var attentionCase = Case(2, 1, 33, [30], causal: true);
        using var rows = new OwnRows(Device, attentionCase, 64, _ => true);
        var variant = OwnKeysAttention<PlainScore>.ForWidth(DeviceTraits.WidestSimd);
        var pool = new CpuPool(1);
        var args = rows.Arguments;
        variant.Run(pool, args);
        var before = GC.GetAllocatedBytesForCurrentThread();
        variant.Run(pool, args);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ThroughTheOperation_ItNeedsNoMemoryForPages()
    {
        using var rows = new OwnRows(Device, Case(2, 1, 16, [30, 7], causal: true), 64, _ => true);
        Device.Kernels.Attention.With<PlainScore>().OverOwnKeys.Run(Device.Stream, rows.Arguments);
        Tolerance.Close(rows.Case.Expected(), rows.Output.Read(), Tolerances.Attention, "2x16");
        Assert.Throws<ShapeException>(
            () => Device.Kernels.Attention.With<PlainScore>().Run(Device.Stream, rows.Arguments.Attention));
    }

    [Fact]
    public void ItIsForProcessorsAndSequencesThatAThreadCanHold()
    {
        Assert.True(OwnKeysAttention<PlainScore>.IsFor(Device.Kernels, OwnKeysAttention<PlainScore>.MostSlots));
        Assert.False(OwnKeysAttention<PlainScore>.IsFor(Device.Kernels, OwnKeysAttention<PlainScore>.MostSlots + 16));
        Assert.False(OwnKeysAttention<PlainScore>.IsFor(new KernelSet(Device.Accelerator, VariantKind.Naive), 16));
    }

    private static AttentionCase Case(int heads, int kvHeads, int headDim, int[] lengths, bool causal, int seed = 1) =>
        new(heads, kvHeads, headDim, lengths, AttentionCase.Sequences(lengths, lengths, causal), seed);

    private void Matches(int bits, AttentionCase attentionCase, int blockRows, CpuPool? pool = null, Func<int, bool>? isKey = null)
    {
        var what = $"{bits} bits, {attentionCase.NumHeads}x{attentionCase.HeadDim}, {string.Join('+', attentionCase.KeyLengths)}, block {blockRows}";
        using var rows = new OwnRows(Device, attentionCase, blockRows, isKey ?? (_ => true));
        OwnKeysAttention<PlainScore>.ForWidth(bits).Run(pool ?? Device.Kernels.Pool, rows.Arguments);
        var own = rows.Output.Read();
        Tolerance.Close(rows.Case.Expected(), own, Tolerances.Attention, what);

        using var buffers = new AttentionBuffers(Device, rows.Case, blockRows);
        using var paged = new GuardedOutput(Device, rows.Case.Rows.Count, rows.Case.Width);
        AttentionCpu<PlainScore>.ForWidth(bits).Run(Device.Kernels.Pool, buffers.Arguments(paged.View, default(PlainScore)));
        Assert.Equal(paged.Read(), own);
    }
}
