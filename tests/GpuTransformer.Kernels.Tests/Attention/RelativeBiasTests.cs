using ILGPU;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A bias by head and clamped distance, on every variant, at every register width, launched and bound.</summary>
public sealed class RelativeBiasTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    public static TheoryData<int> Widths => SimdWidths.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var operation = device.Kernels.Attention.With<RelativeBiasScore>();
        var sweep = new VariantSweep<AttentionArgs<RelativeBiasScore>>(device, operation);
        foreach (var (queries, keys, causal, block, distance) in new[]
        {
            (18, 37, true, 18, 5), (1, 577, true, 1, 100), (34, 34, false, 64, 0), (3, 20, false, 4, 40), (16, 16, false, 16, 7),
        })
        {
            var attention = Case(queries == 1 ? 1 : 4, queries, keys, causal);
            using var bias = new Bias(device, attention.NumHeads, distance);
            using var buffers = new AttentionBuffers(device, attention, block);
            GuardedOutput? output = null;
            sweep.Each(
                () => buffers.Arguments((output = new GuardedOutput(device, queries, attention.Width)).View, bias.Score),
                name =>
                {
                    Tolerance.Close(attention.Expected(bias.Policy), output!.Read(), Tolerances.Attention, $"{name} {queries}x{keys} ±{distance}");
                    output.Dispose();
                });
        }

        sweep.AssertAllRan(AttentionTests.Unsupported(device));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryRegisterWidthAroundTheEdgesOfTheTableAndOfChunks(int bits)
    {
        var device = devices[TestDeviceKind.Default];
        foreach (var distance in new[] { 0, 1, 7, 8, 16, 31, 600 })
        {
            foreach (var keys in new[] { 1, 17, 40, AttentionCpuState.Chunk + 21 })
            {
                var queries = Math.Min(keys, 13);
                foreach (var causal in new[] { true, false })
                {
                    var attention = Case(2, queries, keys, causal);
                    using var bias = new Bias(device, 2, distance);
                    using var buffers = new AttentionBuffers(device, attention, 64);
                    using var output = new GuardedOutput(device, queries, attention.Width);
                    var args = buffers.Arguments(output.View, bias.Score);
                    AttentionCpu<RelativeBiasScore>.ForWidth(bits).Run(device.Kernels.Pool, args);
                    Tolerance.Close(attention.Expected(bias.Policy), output.Read(), Tolerances.Attention, $"{bits} bits, {keys} keys, ±{distance}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void BitsAreThoseOfTheScalarPolicy(int bits)
    {
        var device = devices[TestDeviceKind.Default];
        var attention = Case(2, 40, AttentionCpuState.Chunk + 40, causal: true);
        using var bias = new Bias(device, 2, 23);
        using var buffers = new AttentionBuffers(device, attention, 64);
        using var vectors = new GuardedOutput(device, 40, attention.Width);
        using var scalars = new GuardedOutput(device, 40, attention.Width);
        AttentionCpu<RelativeBiasScore>.ForWidth(bits).Run(device.Kernels.Pool, buffers.Arguments(vectors.View, bias.Score));
        AttentionCpu<UsersScore>.ForWidth(bits).Run(
            device.Kernels.Pool, buffers.Arguments(scalars.View, new UsersScore { Bias = bias.Score }));
        Assert.Equal(scalars.Read(), vectors.Read());
    }

    [Fact]
    public void APolicyThatHoldsViewsIsBoundOnceAndRunsWithoutAllocating()
    {
        var device = devices[TestDeviceKind.Default];
        var attention = Case(4, 20, 37, causal: true);
        using var bias = new Bias(device, 4, 9);
        Bound(device, attention, bias, bias.Score);
        Bound(device, attention, bias, new UsersScore { Bias = bias.Score });
    }

    [Fact]
    public void ATableThatIsTooSmallIsRefused()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var attention = Case(4, 3, 5, causal: true);
        using var bias = new Bias(device, 4, 9);
        using var buffers = new AttentionBuffers(device, attention, 16);
        using var output = new GuardedOutput(device, 3, attention.Width);
        var operation = device.Kernels.Attention.With<RelativeBiasScore>();
        var error = Assert.Throws<ShapeException>(() => operation.Run(
            device.Stream, buffers.Arguments(output.View, new RelativeBiasScore(bias.Score.Table, 10))));
        Assert.Contains("the bias table needs 84 elements", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ShapeException>(() => operation.Run(
            device.Stream, buffers.Arguments(output.View, new RelativeBiasScore(bias.Score.Table, -1))));
        Assert.Contains("maxDistance", error.Message, StringComparison.Ordinal);
    }

    private static void Bound<TScore>(TestDevice device, AttentionCase attention, Bias bias, TScore score)
        where TScore : struct, IScorePolicy
    {
        using var buffers = new AttentionBuffers(device, attention, 16);
        using var output = new GuardedOutput(device, attention.Rows.Count, attention.Width);
        using var bound = device.Kernels.Attention.With<TScore>().Bind(buffers.Arguments(output.View, score));
        Assert.Equal(VariantKind.Cpu, bound.Info.Kind);
        bound.Launch(device.Stream);
        GC.Collect();
        var before = GC.GetAllocatedBytesForCurrentThread();
        bound.Launch(device.Stream);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Tolerance.Close(attention.Expected(bias.Policy), output.Read(), Tolerances.Attention, typeof(TScore).Name);
    }

    private static AttentionCase Case(int heads, int queries, int keys, bool causal) =>
        new(heads, heads, 8, [keys], AttentionCase.Sequences([queries], [keys], causal));

    /// <summary>A struct of a user that holds a view: its policy is called score by score.</summary>
    private struct UsersScore : IScorePolicy
    {
        public RelativeBiasScore Bias;

        public readonly float Apply(float score, int head, int queryPosition, int keyPosition) =>
            Bias.Apply(score, head, queryPosition, keyPosition);
    }

    private sealed class Bias(TestDevice device, int heads, int distance) : IDisposable
    {
        private readonly float[] _values = Data.Normal(heads * (2 * distance + 1), 5);
        private readonly ILGPU.Runtime.MemoryBuffer1D<float, Stride1D.Dense> _buffer =
            device.Upload(Data.Normal(heads * (2 * distance + 1), 5));

        public RelativeBiasScore Score => new(_buffer.View, distance);

        public AttentionReference.Policy Policy => AttentionPolicies.RelativeBias(_values, distance);

        public void Dispose() => _buffer.Dispose();
    }
}
