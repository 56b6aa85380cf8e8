using GpuTransformer.Diagnostics.References;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
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
        var expected = attention.Expected();
        var expectedLog = attention.ExpectedLogSumExp();
        float[]? bits = null;
        float[]? bitsLog = null;
        var splits = new List<int>();
        foreach (var multiprocessors in new[] { 1, 4, 16, 64 })
        {
            using var context = Context.Create(builder => builder.CPU(new CPUDevice(32, 4, multiprocessors)));
            using var accelerator = context.CreateCPUAccelerator(0);
            var kernels = new KernelSet(accelerator);
            using var buffers = new AttentionBuffers(accelerator, attention, 4);
            foreach (var variant in new[] { AttentionDecoding<PlainScore>.Row, AttentionDecoding<PlainScore>.Split })
            {
                using var output = new GuardedOutput(accelerator, attention.Rows.Count, attention.Width, attention.Width + 3);
                using var log = new GuardedOutput(accelerator, attention.Rows.Count, heads, heads + 2);
                var args = buffers.Arguments(output.View, default(PlainScore)) with { LogSumExp = log.View };
                kernels.Attention.RunVariant(accelerator.DefaultStream, args, variant);
                accelerator.DefaultStream.Synchronize();
                bits ??= output.Read();
                bitsLog ??= log.Read();
                Assert.Equal(bits, output.Read());
                Assert.Equal(bitsLog, log.Read());
                splits.Add(AttentionDecoding<PlainScore>.Splits(kernels.Traits, args));
            }
        }

        Tolerance.Close(expected, bits!, Absolute, Relative, "output");
        Tolerance.Close(expectedLog, bitsLog!, Absolute, Relative, "logarithm");
        Assert.True(keys < 129 || splits.Distinct().Count() > 1, "the cases must be split in more than one way");
    }

    [Fact]
    public void AFewGroupsAreSplitAndManyAreNot()
    {
        var traits = new DeviceTraits
        {
            Kind = DeviceKind.Cuda, Name = "a GPU", WarpSize = 32, MaxGroupSize = 1024, SharedBytes = 49152, Multiprocessors = 132,
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
        var few = args.Pages;
        few.PagesPerSequence = 32;
        Assert.Equal(1, AttentionDecoding<PlainScore>.Splits(traits, args with { Pages = few }));
    }
}
