using GpuTransformer.Diagnostics.References;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The logarithm of the sum of the exponentials, on request, from every variant.</summary>
public sealed class AttentionLogSumExpTests
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantGivesIt(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        int[] queries = [35, 2, 1], keys = [70, 17, 0];
        var windows = new AttentionCase(2, 1, 12, keys, AttentionCase.Sequences(queries, keys, causal: true, window: 40));
        Run(device, windows, default(PlainScore), 64, null);
        Run(device, windows, new SoftCapScore(3f), 35, (score, _, _, _) => 3 * Math.Tanh(score / 3));
        int[] few = [3, 1], many = [70, 0];
        Run(device, new AttentionCase(2, 1, 7, many, AttentionCase.Sequences(few, many, causal: true)), default(PlainScore), 3, null);
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(1.4142135f)]
    [InlineData(1.4142137f)]
    [InlineData(3.7f)]
    [InlineData(64f)]
    [InlineData(16777216f)]
    [InlineData(0.70710677f)]
    [InlineData(1e-30f)]
    public void TheLogarithmIsCloseToTheRealOne(float x) =>
        Assert.Equal(Math.Log(x), AttentionPower.Log(x), 3e-7 * Math.Max(1, Math.Abs(Math.Log(x))));

    [Fact]
    public void TheExponentialIsCloseToTheRealOne()
    {
        for (var x = 0f; x > -87f; x -= 0.0137f)
        {
            var real = Math.Exp(x);
            Assert.Equal(real, AttentionPower.Exp(x), real * (2e-7 - 1.2e-7 * x));
        }

        Assert.Equal(1f, AttentionPower.Exp(0f));
        Assert.Equal(0f, AttentionPower.Exp(-89f));
        Assert.Equal(0f, AttentionPower.Exp(float.NegativeInfinity));
        Assert.True(float.IsNaN(AttentionPower.Exp(float.NaN)));
        Assert.True(float.IsNaN(AttentionPower.Log(float.NaN)));
    }

    [Fact]
    public void AMatrixThatIsTooSmallIsRefused()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        int[] lengths = [4];
        using var buffers = new AttentionBuffers(
            device, new AttentionCase(2, 1, 4, lengths, AttentionCase.Sequences(lengths, lengths, causal: true)), 16);
        using var output = new GuardedOutput(device, 4, 8);
        using var log = device.Upload(new float[7]);
        var args = buffers.Arguments(output.View, default(PlainScore)) with { LogSumExp = RowView.Dense(log.View, 2) };
        var error = Assert.Throws<ShapeException>(() => device.Kernels.Attention.Run(device.Stream, args));
        Assert.Contains("logSumExp needs 8 elements", error.Message, StringComparison.Ordinal);
    }

    private static void Run<TScore>(
        TestDevice device, AttentionCase attention, TScore score, int blockRows, AttentionReference.Policy? policy)
        where TScore : struct, IScorePolicy
    {
        var sweep = new VariantSweep<AttentionArgs<TScore>>(device, device.Kernels.Attention.With<TScore>());
        var expected = attention.ExpectedLogSumExp(policy);
        using var buffers = new AttentionBuffers(device, attention, blockRows);
        GuardedOutput? output = null;
        GuardedOutput? log = null;
        sweep.Each(
            () =>
            {
                output = new GuardedOutput(device, attention.Rows.Count, attention.Width);
                log = new GuardedOutput(device, attention.Rows.Count, attention.NumHeads, attention.NumHeads + 1);
                return buffers.Arguments(output.View, score) with { LogSumExp = log.View };
            },
            name =>
            {
                var actual = log!.Read();
                Tolerance.Close(expected, actual, Tolerances.LogSumExp, name);
                output!.Dispose();
                log.Dispose();
            });
    }
}
