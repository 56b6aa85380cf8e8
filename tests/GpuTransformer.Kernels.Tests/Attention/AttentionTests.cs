using System.Diagnostics;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class AttentionTests
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void SelfCrossAndCausalMatchTheReference(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<AttentionArgs<PlainScore>>(device, device.Kernels.Attention);
        Run(device, sweep, Rectangular(1, 1, 4, [1], [1], causal: false), 1);
        Run(device, sweep, Rectangular(2, 1, 8, [15, 1], [15, 31], causal: true), 16);
        Run(device, sweep, Rectangular(2, 2, 16, [17], [33], causal: true), 17);
        Run(device, sweep, Rectangular(1, 1, 33, [16, 3], [16, 0], causal: false), 16);
        Run(device, sweep, Rectangular(4, 2, 4, [31], [7], causal: true), 33);
        Run(device, sweep, Rectangular(1, 1, 64, [5], [65], causal: false), 64);
        Run(device, sweep, Rectangular(1, 1, 8, [63, 2], [63, 64], causal: true), 64);
        Run(device, sweep, Rectangular(1, 1, 5, [65], [129], causal: true), 64);
        Run(device, sweep, Rectangular(1, 1, 130, [18], [18], causal: true), 32);
        Run(device, sweep, Rectangular(2, 1, 33, [3], [65], causal: true), 3);
        Run(device, sweep, Rectangular(1, 1, 64, [1], [577], causal: true), 1);
        Run(device, sweep, Rectangular(1, 1, 128, [20], [67], causal: true), 64);
        Run(device, sweep, Rectangular(1, 1, 70, [18], [18], causal: true), 32);
        sweep.AssertAllRan(Unsupported(device));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WindowsHolesAndRowsThatSeeNothing(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<AttentionArgs<PlainScore>>(device, device.Kernels.Attention);
        int[] queries = [40], keys = [150];
        Run(device, sweep, new AttentionCase(2, 1, 8, keys, AttentionCase.Sequences(queries, keys, causal: true, window: 20)), 64);
        Run(device, sweep, new AttentionCase(2, 2, 130, keys, AttentionCase.Sequences([2], keys, causal: true, window: 20)), 2);

        // Disjoint intervals in one block, empty ones between, bounds outside the pages.
        QueryRow[] rows = [new(0, 0, 5, 0), new(0, 9, 9, 1), new(0, 100, 113, 2), new(0, 7, 3, 3), new(0, -5, 17, 4), new(1, 0, 0, 0)];
        var ragged = new AttentionCase(1, 1, 8, [113, 0], rows);
        ragged.Rows[4] = new QueryRow(0, 0, 17, 4);
        var expected = ragged.Expected();
        ragged.Rows[4] = rows[4];
        Run(device, sweep, ragged, 64, expected);
        Run(device, sweep, ragged, 4, expected);
        Run(device, sweep, new AttentionCase(2, 1, 4, [0, 0], AttentionCase.Sequences([3, 2], [0, 0], causal: true)), 16);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void LargeScoresDoNotOverflow(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<AttentionArgs<PlainScore>>(device, device.Kernels.Attention);
        int[] lengths = [20];
        var large = new AttentionCase(1, 1, 16, lengths, AttentionCase.Sequences(lengths, lengths, causal: true)) { Scale = 40f };

        // Scores of a few hundred: rounded to 2^-16, a weight to as much.
        Run(device, sweep, large, 16, bound: new Bound(1e-2, 1e-3));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AScorePolicyCompilesIn(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        Assert.Same(device.Kernels.Attention.With<AlibiScore>(), device.Kernels.Attention.With<AlibiScore>());
        Assert.Same(device.Kernels.Attention, device.Kernels.Attention.With<PlainScore>());
        int[] queries = [18], keys = [37];
        var attentionCase = new AttentionCase(6, 3, 4, keys, AttentionCase.Sequences(queries, keys, causal: true));
        RunScore(device, attentionCase, new AlibiScore(6), AttentionPolicies.Alibi(6));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ASoftCapDrawsScoresTowardsZero(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        int[] queries = [5], keys = [19];
        var attentionCase = new AttentionCase(4, 2, 8, keys, AttentionCase.Sequences(queries, keys, causal: true)) { Scale = 2f };

        // Scores reach past the cap, so that it bends them and does not only scale.
        RunScore(device, attentionCase, new SoftCapScore(3f), AttentionPolicies.SoftCap(3));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ARowsBitsDoNotDependOnHowRowsAreCut(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        int[] queries = [34, 3], keys = [70, 20];
        SameBits(device, new AttentionCase(1, 1, 8, keys, AttentionCase.Sequences(queries, keys, causal: true)));
        SameBits(device, new AttentionCase(2, 1, 72, [33], AttentionCase.Sequences([18], [33], causal: true, window: 9)));
    }

    private static void SameBits(TestDevice device, AttentionCase attentionCase)
    {
        var first = new Dictionary<VariantKind, float[]>();
        foreach (var blockRows in new[] { 64, 20, 16, 1 })
        {
            using var buffers = new AttentionBuffers(device, attentionCase, blockRows, aligned: blockRows != 20);
            foreach (var variant in device.Kernels.Attention.Table)
            {
                using var output = new GuardedOutput(device, attentionCase.Rows.Count, attentionCase.Width);
                var args = buffers.Arguments(output.View, default(PlainScore));

                if (!variant.Supports(device.Kernels.Traits, args))
                {
                    continue;
                }

                device.Kernels.Attention.RunVariant(device.Stream, args, variant);
                device.Stream.Synchronize();
                var bits = output.Read();
                Assert.True(first.TryAdd(variant.Kind, bits) || first[variant.Kind].SequenceEqual(bits), $"{variant.Name} {blockRows}");
            }
        }
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        int[] lengths = [4];
        using var buffers = new AttentionBuffers(
            device, new AttentionCase(2, 1, 4, lengths, AttentionCase.Sequences(lengths, lengths, causal: true)), 16);
        using var output = new GuardedOutput(device, 4, 8);
        var good = buffers.Arguments(output.View, default(PlainScore));
        var pages = good.Pages;
        Refused(good with { NumHeads = 3, Pages = pages with { NumKvHeads = 2 } }, "numHeads must be a multiple of numKvHeads 2");
        Refused(good with { NumHeads = 0 }, "numHeads");
        Refused(good with { Pages = pages with { HeadDim = 0 } }, "headDim");
        Refused(good with { Query = good.Query with { Offset = 1000 } }, "query needs");
        Refused(good with { Output = good.Output with { Stride = 7 } }, "stride of output");
        Refused(good with { Pages = pages with { Keys = pages.Keys.SubView(0, 63) } }, "keys needs 64 elements");
        Refused(good with { Pages = pages with { Values = pages.Values.SubView(0, 64) } }, "values needs");
        Refused(good with { Pages = pages with { PagesPerSequence = 0 } }, "pagesPerSequence");
        Refused(good with { Pages = pages with { PagesPerSequence = 99 } }, "pageTable needs 99 elements");
        Refused(good with { BlockRows = 0 }, "blockRows");
        Refused(good with { Blocks = ActiveRows.Fixed(2) }, "blockTable needs 4 elements");
        Refused(good with { Scale = float.NaN }, "scale");

        void Refused(AttentionArgs<PlainScore> args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.Attention.Run(device.Stream, args));
            Assert.StartsWith("Attention: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void BlocksPastTheActiveCountAreLeftAlone()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        int[] lengths = [5, 5];
        var attentionCase = new AttentionCase(1, 1, 4, lengths, AttentionCase.Sequences(lengths, lengths, causal: true));
        using var buffers = new AttentionBuffers(device, attentionCase, 16);
        using var state = device.Upload([1]);
        var expected = attentionCase.Expected();
        var sweep = new VariantSweep<AttentionArgs<PlainScore>>(device, device.Kernels.Attention);
        GuardedOutput? output = null;
        sweep.Each(
            () => buffers.Arguments((output = new GuardedOutput(device, 10, 4)).View, default(PlainScore))
                with
            { Blocks = ActiveRows.FromState(state.View, 0, 2) },
            name =>
            {
                var y = output!.Read();
                Tolerance.Close(expected[..20], y[..20], Tolerances.Attention, name);
                Assert.All(y[20..], value => Assert.True(float.IsNaN(value), name));
                output.Dispose();
            });
    }

    internal static string[] Unsupported(TestDevice device)
    {
        var most = device.Kernels.Traits.MaxGroupSize;
        return most >= 128
            ? []
            :
            [
                "attention-flash-32x256", "attention-flash-64x128", "attention-flash-64x64",
                "attention-row", "attention-split",
            ];
    }

    private static AttentionCase Rectangular(
        int numHeads, int numKvHeads, int headDim, int[] queryLengths, int[] keyLengths, bool causal) =>
        new(numHeads, numKvHeads, headDim, keyLengths, AttentionCase.Sequences(queryLengths, keyLengths, causal), seed: headDim);

    private static void Run(
        TestDevice device, VariantSweep<AttentionArgs<PlainScore>> sweep, AttentionCase attentionCase, int blockRows,
        double[]? expected = null, Bound? bound = null)
    {
        expected ??= attentionCase.Expected();
        Debug.Assert(expected.All(double.IsFinite), "the reference must not see unwritten slots");

        // Odd offsets and strides rule 128-bit accesses out, even ones allow them.
        Run(device, sweep, attentionCase, blockRows, expected, bound ?? Tolerances.Attention, aligned: false);
        if (attentionCase.HeadDim % 4 == 0)
        {
            Run(device, sweep, attentionCase, blockRows, expected, bound ?? Tolerances.Attention, aligned: true);
        }
    }

    private static void Run(
        TestDevice device, VariantSweep<AttentionArgs<PlainScore>> sweep, AttentionCase attentionCase, int blockRows,
        double[] expected, Bound bound, bool aligned)
    {
        using var buffers = new AttentionBuffers(device, attentionCase, blockRows, aligned: aligned);
        GuardedOutput? output = null;
        sweep.Each(
            () => buffers.Arguments(
                (output = new GuardedOutput(
                    device, attentionCase.Rows.Count, attentionCase.Width, attentionCase.Width + (aligned ? 8 : 7))).View,
                default(PlainScore)),
            name =>
            {
                var what = $"{name} {attentionCase.NumHeads}x{attentionCase.HeadDim} {attentionCase.Rows.Count} rows, block {blockRows}, {aligned}";
                Tolerance.Close(expected, output!.Read(), bound, what);
                output.Dispose();
            });
    }

    private static void RunScore<TScore>(
        TestDevice device, AttentionCase attentionCase, TScore score, AttentionReference.Policy reference)
        where TScore : struct, IScorePolicy
    {
        var sweep = new VariantSweep<AttentionArgs<TScore>>(device, device.Kernels.Attention.With<TScore>());
        var expected = attentionCase.Expected(reference);
        using var buffers = new AttentionBuffers(device, attentionCase, attentionCase.Rows.Count);
        GuardedOutput? output = null;
        sweep.Each(
            () => buffers.Arguments(
                (output = new GuardedOutput(device, attentionCase.Rows.Count, attentionCase.Width)).View, score),
            name =>
            {
                Tolerance.Close(expected, output!.Read(), Tolerances.Attention, name);
                output.Dispose();
            });
    }
}
