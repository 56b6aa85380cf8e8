using GpuTransformer.Diagnostics.References;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Decoding over keys that are split over groups: right, and the same bits however they are split.</summary>
public sealed class AttentionSplitTests
{
    private const double Absolute = 3e-5;
    private const double Relative = 1e-5;

    public static TheoryData<int, int, int, int, int> Cases => new()
    {
        // heads, key heads, head width, keys, rows of the block
        { 1, 1, 8, 513, 1 },
        { 4, 1, 16, 700, 1 },
        { 6, 1, 4, 530, 1 },
        { 2, 2, 64, 577, 2 },
        { 1, 1, 70, 321, 1 },
        { 3, 1, 130, 129, 1 },
        { 1, 1, 256, 257, 3 },
        { 1, 1, 5, 1, 4 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EverySplitGivesTheBitsOfNone(int heads, int kvHeads, int headDim, int keys, int rows)
    {
        int[] queries = [rows, rows, rows], lengths = [keys, Math.Max(0, keys - 65), 0];
        var attention = new AttentionCase(heads, kvHeads, headDim, lengths, AttentionCase.Sequences(queries, lengths, causal: true));
        using var device = new TestDevice(TestDeviceKind.Nvidia);
        using var buffers = new AttentionBuffers(device, attention, 4);
        var (bits, bitsLog) = Run(device, buffers, attention, AttentionDecoding<PlainScore>.Row);
        Tolerance.Close(attention.Expected(), bits, Absolute, Relative, "output");
        Tolerance.Close(attention.ExpectedLogSumExp(), bitsLog, Absolute, Relative, "logarithm");

        // The parts that a device of so many multiprocessors would get, on one of one: each lane is a thread here.
        foreach (var multiprocessors in new[] { 1, 4, 64 })
        {
            var traits = device.Kernels.Traits with { Multiprocessors = multiprocessors };
            var split = AttentionDecoding<PlainScore>.Split;
            var pinned = new KernelVariant<AttentionArgs<PlainScore>>(
                split.Name, split.Kind, split.Kernel, _ => split.Grid(traits))
            {
                Limits = split.Limits,
                Workspace = split.Workspace,
                Second = split.Second,
            };
            var (output, log) = Run(device, buffers, attention, pinned);
            Assert.Equal(bits, output);
            Assert.Equal(bitsLog, log);
        }
    }

    [Fact]
    public void AFewGroupsAreSplitAndManyAreNot()
    {
        var traits = new DeviceTraits
        {
            Kind = DeviceKind.Cuda,
            Name = "a GPU",
            WarpSize = 32,
            MaxGroupSize = 1024,
            SharedBytes = 49152,
            Multiprocessors = 132,
        };
        var args = new AttentionArgs<PlainScore>
        {
            Pages = new PagedKeys { NumKvHeads = 12, HeadDim = 64, PagesPerSequence = 1024 },
            Blocks = ActiveRows.Fixed(1),
            BlockRows = 1,
            NumHeads = 12,
        };

        // 12 groups: 44 parts would make 528, but 256 tiles are 32 passes of 8.
        Assert.Equal(32, AttentionDecoding<PlainScore>.Splits(traits, args));
        Assert.Equal(1, AttentionDecoding<PlainScore>.Splits(traits, args with { Blocks = ActiveRows.Fixed(22) }));
        Assert.Equal(9, AttentionDecoding<PlainScore>.Splits(traits, args with { Blocks = ActiveRows.Fixed(5) }));

        // Heads that share a key head are lines of one group, and a block of four rows may hold one.
        var shared = args.Pages;
        (shared.NumKvHeads, shared.PagesPerSequence) = (8, 4096);
        Assert.Equal(66, AttentionDecoding<PlainScore>.Splits(traits, args with { NumHeads = 32, Pages = shared, BlockRows = 4 }));
        var few = args.Pages;
        few.PagesPerSequence = 32;
        Assert.Equal(1, AttentionDecoding<PlainScore>.Splits(traits, args with { Pages = few }));
    }

    private static (float[] Output, float[] LogSumExp) Run(
        TestDevice device, AttentionBuffers buffers, AttentionCase attention, KernelVariant<AttentionArgs<PlainScore>> variant)
    {
        using var output = new GuardedOutput(device, attention.Rows.Count, attention.Width, attention.Width + 3);
        using var log = new GuardedOutput(device, attention.Rows.Count, attention.NumHeads, attention.NumHeads + 2);
        var args = buffers.Arguments(output.View, default(PlainScore)) with { LogSumExp = log.View };
        new TableOf(device.Kernels, variant).RunVariant(device.Stream, args, variant);
        device.Stream.Synchronize();
        return (output.Read(), log.Read());
    }

    /// <summary>An operation of one variant.</summary>
    private sealed class TableOf(KernelSet kernels, KernelVariant<AttentionArgs<PlainScore>> variant)
        : Operation<AttentionArgs<PlainScore>>(kernels, "Attention", [variant])
    {
        protected override void Check(in AttentionArgs<PlainScore> args)
        {
        }

        protected override bool IsEmpty(in AttentionArgs<PlainScore> args) => false;

        protected override (string Shape, long Flops, long Bytes) Describe(in AttentionArgs<PlainScore> args) => ("", 0, 0);
    }
}
