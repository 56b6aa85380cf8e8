using System.Text.Json;
using GpuTransformer.Tests.Cli;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Every shipped model answers as PyTorch did; the demo compares, these tests ask it.</summary>
public class ShippedModelTests
{
    [Theory]
    [InlineData("g2p", 206)]
    [InlineData("g2p-nat", 206)]
    [InlineData("vit-fashion", 9)]
    [InlineData("gpt2-shakespeare", 3)]
    [InlineData("bert-shakespeare", 5)]
    public async Task Answers_are_those_recorded(string name, int answers)
    {
        var picture = Path.Combine(Path.GetTempPath(), $"gputx-{Guid.NewGuid():N}.svg");
        try
        {
            var (code, output, error) = await Gputx.RunAsync("demo", "--model", name, "--json", "--device", "cpu", "--picture", picture);
            Assert.True(code == 0, error);
            var model = JsonDocument.Parse(output).RootElement.GetProperty("models").EnumerateArray().Single();
            Assert.Equal(name, model.GetProperty("model").GetString());
            Assert.True(model.GetProperty("equal").GetBoolean());
            Assert.InRange(model.GetProperty("largest_relative_difference").GetDouble(), 0, 1e-4);
            Assert.Equal(answers, model.GetProperty("answers").GetArrayLength());
            Assert.Equal(name == "bert-shakespeare", File.Exists(picture));
        }
        finally
        {
            File.Delete(picture);
        }
    }

    [Fact]
    public async Task A_changed_weight_is_noticed()
    {
        using var folder = new ModelFolder("g2p-nat");
        var input = folder.Write("in.safetensors", w => w.Add("input_ids", new long[] { 4, 23, 2 }, 1, 3));
        var before = await Logits(folder, input);
        folder.ChangeWeights((name, values, shape) => (name, name == "generator.bias" ? [.. values.Select(v => v + 1)] : values, shape));
        var after = await Logits(folder, input);
        Assert.All(before.Zip(after), pair => Assert.InRange(pair.Second - pair.First, 0.999f, 1.001f));
    }

    private static async Task<float[]> Logits(ModelFolder folder, string input)
    {
        var (code, _, error) = await Gputx.RunAsync("forward", folder.Path, "--in", input, "--out", folder.At("out.safetensors"), "--device", "cpu");
        Assert.True(code == 0, error);
        using var file = GpuTransformer.Weights.SafetensorsFile.Open(folder.At("out.safetensors"));
        Assert.Equal([1L, 24, 72], file.Tensors["logits"].Shape);
        return file.ReadFloat32("logits");
    }
}
