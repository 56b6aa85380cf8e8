using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>What a session's arena holds: what the nodes touch that its device launches, and nothing else.</summary>
public class ArenaPlanTests
{
    private static readonly int[] s_ids = [2, 102, 114, 231, 3];

    [Fact]
    public void Pages_of_an_encoder_take_no_memory_on_a_cpu_and_do_elsewhere()
    {
        var (cpu, cpuPages, cpuLogits) = Encode(null);
        var (naive, naivePages, naiveLogits) = Encode(VariantKind.Naive);

        // Four layers' keys and values.
        Assert.Equal(Enumerable.Repeat(false, 8), cpuPages);
        Assert.Equal(Enumerable.Repeat(true, 8), naivePages);
        Assert.Equal(cpu.LeastBytes, cpu.ArenaBytes);
        Assert.Equal(naive.LeastBytes, naive.ArenaBytes);
        Assert.True(cpu.ArenaBytes < naive.ArenaBytes, $"{cpu.ArenaBytes} and {naive.ArenaBytes} bytes");
        var worst = cpuLogits.Zip(naiveLogits).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(worst <= 1e-4 * cpuLogits.Max(Math.Abs), $"{worst}");
    }

    [Fact]
    public void Pages_that_something_reads_stay_in_memory_on_a_cpu()
    {
        var graph = new GraphBuilder("test");
        var rows = graph.Rows("rows", 32);
        var keys = graph.Keys("keys", 1, 32, 2);
        var sees = graph.Sees(rows, keys);
        var writes = graph.Table("writes", 64);
        var (query, key, value) = (graph.Input("q", rows, 16), graph.Input("k", rows, 16), graph.Input("v", rows, 16));
        var plain = graph.WriteKeys("plain", key, value, keys, writes, 2, persistent: false);
        var mapped = graph.WriteKeys("mapped", key, value, keys, writes, 2, persistent: false);
        graph.Output("y", graph.Sum(
            "sum", graph.Attention("plain", query, plain, sees, 2), graph.Attention("mapped", query, mapped, sees, 2)));
        graph.Output("map", graph.AttentionMap("mapped", query, mapped, sees, 2));
        using var device = ComputeDevice.Open("cpu");
        using var session = new Session(graph.Build(), device.Kernels);
        Assert.Equal([-1, -1], new[] { plain.Keys, plain.Values }.Select(session.Plan.OffsetOf));
        Assert.All(new[] { mapped.Keys, mapped.Values }, block => Assert.True(session.Plan.OffsetOf(block) >= 0));
    }

    private static (PlanReport Plan, IEnumerable<bool> HasPages, float[] Logits) Encode(VariantKind? variant)
    {
        using var device = ComputeDevice.Open("cpu", variant);
        using var model = (Bert)TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
        using var session = model.NewTextSession(s_ids);
        var logits = new float[4096];
        session.Read(session.Program.Outputs["logits"], logits);
        var pages = session.Program.Tensors.Where(t => t.Space is not null).Select(t => session.Plan.OffsetOf(t) >= 0).ToArray();
        return (PlanReport.Of(session), pages, logits);
    }
}
