using System.Text.Json;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>What the program tells about itself: devices, plans, traces.</summary>
public class ReportTests
{
    [Fact]
    public async Task Devices_names_ilgpu_the_device_and_a_variant_for_each_operation()
    {
        var (code, output, error) = await Gputx.RunAsync("devices", "--device", "cpu");
        Assert.True(code == 0, error);
        Assert.StartsWith($"ILGPU 1.5.3 {(Kernels.DeviceTraits.IsStandIn ? "stand-in" : "package")}", output);
        foreach (var operation in new[] { "MatMul", "Softmax", "LayerNorm", "Attention", "Embedding", "TopK" })
        {
            Assert.Contains(output.Split('\n'), line => line.TrimStart().StartsWith(operation, StringComparison.Ordinal) && line.Contains("-cpu"));
        }
    }

    [Fact]
    public async Task Plan_prints_a_line_a_launch_with_the_variant_that_was_asked_for()
    {
        var (code, output, error) = await Gputx.RunAsync("plan", "gpt2-shakespeare", "--device", "cpu", "--variant", "naive");
        Assert.True(code == 0, error);
        Assert.Contains("h.0.attn", output);
        Assert.Contains("attention-naive", output);
        Assert.DoesNotContain("-cpu", output);
    }

    [Fact]
    public async Task Trace_holds_every_launch_that_ran()
    {
        // The plan of a causal decoder is that of a step, which forward does not run; this one has no steps.
        using var folder = new ModelFolder("g2p-nat");
        var input = folder.Write("in.safetensors", w => w.Add("input_ids", new long[] { 4, 23, 2 }, 1, 3));
        var trace = folder.At("trace.json");
        var (code, _, error) = await Gputx.RunAsync(
            "forward", folder.Path, "--in", input, "--out", folder.At("out.safetensors"), "--device", "cpu", "--trace", trace);
        Assert.True(code == 0, error);
        var events = JsonDocument.Parse(File.ReadAllBytes(trace)).RootElement.GetProperty("traceEvents").EnumerateArray().ToArray();
        Assert.Contains(events, e => e.GetProperty("args").GetProperty("layer").GetString() == "transformer.decoder.layers.2.multihead_attn");
        var launches = events.GroupBy(e => e.GetProperty("cat").GetString()).ToDictionary(g => g.Key!, g => g.Count());
        using var device = ComputeDevice.Open("cpu");
        using var model = GpuTransformer.Models.TransformerModel.Load(folder.Path, device);
        Assert.Equal(model.Plan().ToDictionary(p => p.Program, p => p.Lines.Count), launches);
        var ends = events.Select(e => (Begin: e.GetProperty("ts").GetDouble(), End: e.GetProperty("ts").GetDouble() + e.GetProperty("dur").GetDouble())).ToArray();
        Assert.All(ends.Zip(ends.Skip(1)), pair => Assert.True(pair.Second.Begin >= pair.First.End - 0.01, $"{pair.First} then {pair.Second}"));
        Assert.Equal("X", events[0].GetProperty("ph").GetString());
    }
}
