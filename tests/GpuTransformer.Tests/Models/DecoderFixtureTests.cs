using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Every decoder against what transformers answered: logits of whole texts, and greedy continuations.</summary>
public class DecoderFixtureTests
{
    // Of the largest absolute logit: float32 in another order of summation.
    private const double Relative = 2e-5;

    [SkippableTheory]
    [InlineData("gpt2")]
    [InlineData("gpt2-old-names")]
    [InlineData("llama")]
    [InlineData("llama3-rope")]
    [InlineData("llama-linear")]
    [InlineData("llama-yarn")]
    [InlineData("llama-dynamic")]
    [InlineData("llama-old-config")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    [InlineData("llama", VariantKind.Naive)]
    [InlineData("llama", VariantKind.Group)]
    [InlineData("qwen3", VariantKind.Naive)]
    [InlineData("gemma2", VariantKind.Naive)]
    [InlineData("gemma2", VariantKind.Group)]
    public void Logits_are_as_recorded(string name, VariantKind? variant = null)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var device = ComputeDevice.Open("cpu", variant);
        using var model = TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        var expected = recorded.ReadFloat32("out.logits");
        var actual = model.Forward(ForwardInputs.Read(Path.Combine(folder, "io.safetensors")))[0];
        Assert.Equal("logits", actual.Name);
        Assert.Equal(recorded.Tensors["out.logits"].Shape, actual.Shape);

        // Rows under padding mean nothing.
        var mask = recorded.Tensors.ContainsKey("in.attention_mask") ? recorded.ReadInt64("in.attention_mask") : null;
        var width = (int)actual.Shape[^1];
        bool Counts(int i) => mask is null || mask[i / width] != 0;
        var largest = expected.Where((_, i) => Counts(i)).Max(Math.Abs);
        var worst = expected.Zip(actual.Floats).Where((_, i) => Counts(i)).Max(p => Math.Abs(p.First - p.Second));
        Assert.True(worst <= Relative * largest, $"{name}: {worst / largest:0.0e+0} of the largest logit");
    }

    [SkippableTheory]
    [InlineData("gpt2", "out.greedy_from_6")]
    [InlineData("gpt2-old-names", "out.greedy8")]
    [InlineData("llama", "out.greedy_from_6")]
    [InlineData("llama3-rope", "out.greedy_from_6")]
    [InlineData("mistral", "out.greedy_from_6")]
    [InlineData("qwen2", "out.greedy_from_6")]
    [InlineData("qwen3", "out.greedy_from_6")]
    [InlineData("gemma2", "out.greedy_from_6")]
    [InlineData("gemma2", "out.greedy_from_6", VariantKind.Group)]
    [InlineData("mistral", "out.greedy_from_6", VariantKind.Naive)]
    public void Greedy_continuations_are_as_recorded(string name, string tensor, VariantKind? variant = null)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var device = ComputeDevice.Open("cpu", variant);
        using var model = (GenerativeModel)TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        var rows = (int)recorded.Tensors[tensor].Shape[0];
        var expected = recorded.ReadInt64(tensor).Chunk((int)recorded.Tensors[tensor].Shape[1]).ToArray();
        var (prompts, made) = Prompts(recorded, tensor, expected);
        var actual = CausalModelTests.Greedy(model, prompts, made);
        for (var r = 0; r < rows; r++)
        {
            Assert.Equal(expected[r][^made..].Select(id => (int)id), actual[r]);
        }
    }

    private static (int[][] Prompts, int Made) Prompts(SafetensorsFile recorded, string tensor, long[][] expected)
    {
        if (tensor == "out.greedy_from_6")
        {
            return ([.. expected.Select(row => row[..6].Select(id => (int)id).ToArray())], 12);
        }

        var mask = recorded.ReadInt64("in.attention_mask");
        var length = (int)recorded.Tensors["in.input_ids"].Shape[1];
        return ([.. expected.Select((row, r) => row[..length].Where((_, i) => mask[r * length + i] != 0).Select(id => (int)id).ToArray())], 8);
    }
}
