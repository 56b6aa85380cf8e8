using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Answers of PyTorch and Hugging Face for tiny models, through every kind of kernel.</summary>
public class ModelFixtureTests
{
    /// <summary>Both sides are float32 with sums in different orders.</summary>
    private const double Relative = 2e-5;

    public static TheoryData<string, VariantKind> Cases()
    {
        var data = new TheoryData<string, VariantKind>();
        foreach (var model in new[] { "vanilla", "vanilla-prenorm", "bert", "bert-mlm", "gpt2", "vit", "deit", "detr", "detr-panoptic", "whisper" })
        {
            data.Add(model, VariantKind.Cpu);
            data.Add(model, VariantKind.Group);
            data.Add(model, VariantKind.Naive);
        }

        // The same families as other tools save them: old names, prefixes, shards, float16 and bfloat16, left padding.
        foreach (var model in new[] { "bert-old-names", "bert-bf16-sharded", "gpt2-old-names" })
        {
            data.Add(model, VariantKind.Cpu);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Outputs_are_those_recorded(string name, VariantKind variant)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var device = ComputeDevice.Open("cpu", variant);
        using var model = TransformerModel.Load(folder, device);
        var path = Path.Combine(folder, "io.safetensors");
        var outputs = model.Forward(ForwardInputs.Read(path));
        using var recorded = SafetensorsFile.Open(path);
        foreach (var stored in recorded.Tensors.Keys.Where(k => k.StartsWith("out.", StringComparison.Ordinal) && !k.Contains("greedy")))
        {
            var output = outputs.Single(o => o.Name == stored[4..]);
            Assert.Equal(recorded.Tensors[stored].Shape, output.Shape);
            Compare(stored, recorded.ReadFloat32(stored), output.Floats, RealRows(recorded, stored));
        }
    }

    [SkippableTheory]
    [InlineData(VariantKind.Cpu)]
    [InlineData(VariantKind.Group)]
    public void Gpt2_continues_as_recorded(VariantKind variant)
    {
        var folder = Fixtures.Folder("tiny/gpt2");
        using var device = ComputeDevice.Open("cpu", variant);
        using var model = (Gpt2)TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        var expected = recorded.ReadInt64("out.greedy_from_6").Chunk(18).ToArray();
        var options = new GenerationOptions { MaxNewTokens = 12, EosTokenIds = [] };
        foreach (var row in expected)
        {
            var prompt = row[..6].Select(id => (int)id).ToArray();
            Assert.Equal(row[6..].Select(id => (int)id), model.Generate([prompt], options)[0].Ids);
        }
    }

    /// <summary>Rows under padding mean nothing; all others must be right.</summary>
    private static Func<int, bool> RealRows(SafetensorsFile recorded, string stored)
    {
        if (stored is not ("out.last_hidden_state" or "out.logits") || !recorded.Tensors.ContainsKey("in.attention_mask"))
        {
            return _ => true;
        }

        var mask = recorded.ReadInt64("in.attention_mask");
        var width = recorded.Tensors[stored].Shape[^1];
        return i => mask[i / width] != 0;
    }

    private static void Compare(string what, float[] expected, float[] actual, Func<int, bool> counts)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Where((_, i) => counts(i)).Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                !counts(i) || Math.Abs(expected[i] - actual[i]) <= Relative * largest,
                $"{what}: element {i} is {actual[i]}, recorded {expected[i]}, largest {largest}");
        }
    }
}
