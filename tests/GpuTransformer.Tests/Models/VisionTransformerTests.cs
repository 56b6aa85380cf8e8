using System.Text.Json.Nodes;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Cli;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>What ViT and DeiT make of their config's keys and of folders with and without heads.</summary>
public class VisionTransformerTests
{
    private const int Pixels = 3 * 32 * 32;

    [SkippableFact]
    public void Deit_with_a_teacher_answers_the_mean_of_its_heads()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/deit"));
        var outputs = Run(folder, Picture(1), 32, 32);
        var (first, second) = (outputs["cls_logits"], outputs["distillation_logits"]);
        Assert.NotEqual(first, second);
        Assert.Equal(first.Zip(second, (a, b) => (a + b) / 2), outputs["logits"]);
    }

    [SkippableFact]
    public void Deit_without_a_teacher_takes_the_class_token()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/deit"));
        var expected = Run(folder, Picture(2), 32, 32)["cls_logits"];
        folder.ChangeConfig(c => c["architectures"] = new JsonArray("DeiTForImageClassification"));
        folder.ChangeWeights((name, values, shape) => (name.Replace("cls_classifier", "classifier", StringComparison.Ordinal), values, shape));
        Assert.Equal(expected, Run(folder, Picture(2), 32, 32)["logits"]);
    }

    [SkippableFact]
    public void A_bare_vit_gives_its_hidden_state_and_pools_it()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/vit"));
        var hidden = Run(folder, Picture(3), 32, 32)["last_hidden_state"];
        folder.ChangeConfig(c => c["architectures"] = new JsonArray("ViTModel"));
        Assert.Equal(["last_hidden_state"], Run(folder, Picture(3), 32, 32).Keys);
        folder.AddWeights(w =>
        {
            w.Add("vit.pooler.dense.bias", new float[32], 32);
            w.Add("vit.pooler.dense.weight", Identity(32), 32, 32);
        });
        var outputs = Run(folder, Picture(3), 32, 32);
        Assert.Equal(hidden, outputs["last_hidden_state"]);
        AssertClose(hidden[..32].Select(MathF.Tanh), outputs["pooler_output"]);
        folder.ChangeConfig(c => c["pooler_act"] = "relu");
        AssertClose(hidden[..32].Select(v => Math.Max(0, v)), Run(folder, Picture(3), 32, 32)["pooler_output"]);
    }

    [SkippableFact]
    public void Without_qkv_bias_the_projections_have_none()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/vit"));
        static bool IsInBias(string name) => name.Contains("attention.attention.", StringComparison.Ordinal) && name.EndsWith(".bias", StringComparison.Ordinal);
        folder.ChangeWeights((name, values, shape) => (name, IsInBias(name) ? new float[values.Length] : values, shape));
        var expected = Run(folder, Picture(4), 32, 32)["logits"];
        folder.ChangeConfig(c => c["qkv_bias"] = false);
        folder.ChangeWeights((name, values, shape) => IsInBias(name) ? null : (name, values, shape));
        Assert.Equal(expected, Run(folder, Picture(4), 32, 32)["logits"]);
    }

    [SkippableFact]
    public void What_fills_no_patch_is_not_seen()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/vit"));
        var picture = Picture(5);
        var expected = Run(folder, picture, 32, 32)["logits"];
        folder.ChangeConfig(c => c["image_size"] = new JsonArray(35, 33));
        var larger = new float[3 * 35 * 33];
        Array.Fill(larger, 77f);
        for (var line = 0; line < 3 * 32; line++)
        {
            picture.AsSpan(line * 32, 32).CopyTo(larger.AsSpan((line / 32 * 35 + line % 32) * 33));
        }

        Assert.Equal(expected, Run(folder, larger, 35, 33)["logits"]);
    }

    [SkippableTheory]
    [InlineData("vit", "hidden_act", "celu")]
    [InlineData("vit", "pooler_act", "celu")]
    [InlineData("vit", "image_size", 4)]
    [InlineData("vit", "num_attention_heads", 5)]
    [InlineData("vit", "architectures", "ViTForMaskedImageModeling")]
    [InlineData("deit", "architectures", "DeiTForMaskedImageModeling")]
    [InlineData("deit", "hidden_act", "celu")]
    public void Keys_that_are_not_honoured_are_refused_by_name(string model, string key, object value)
    {
        using var folder = ModelFolder.Of(Fixtures.Folder($"tiny/{model}"));
        folder.ChangeConfig(c => c[key] = key == "architectures" ? new JsonArray((string)value) : value is int i ? i : (string)value);
        using var device = ComputeDevice.Open("cpu");
        var error = Assert.Throws<InputException>(() => TransformerModel.Load(folder.Path, device));
        Assert.Contains(key == "image_size" ? "patch_size" : key == "num_attention_heads" ? "hidden_size" : key, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_image_of_more_elements_than_a_tensor_holds_is_refused()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/vit"));
        folder.ChangeConfig(c => (c["image_size"], c["num_channels"]) = (1 << 14, 8));
        using var device = ComputeDevice.Open("cpu");
        var error = Assert.Throws<InputException>(() => TransformerModel.Load(folder.Path, device));
        Assert.Contains("image_size", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{int.MaxValue} elements", error.Message, StringComparison.Ordinal);
    }

    private static float[] Identity(int n)
    {
        var values = new float[n * n];
        for (var i = 0; i < n; i++)
        {
            values[i * n + i] = 1;
        }

        return values;
    }

    private static float[] Picture(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Pixels).Select(_ => random.NextSingle() * 2 - 1)];
    }

    private static Dictionary<string, float[]> Run(ModelFolder folder, float[] pixels, int height, int width)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        return model.Forward(new ForwardInputs(new HostTensor("pixel_values", pixels, 1, 3, height, width))).ToDictionary(o => o.Name, o => o.Floats);
    }

    private static void AssertClose(IEnumerable<float> expected, float[] actual)
    {
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.InRange(a - e, -1e-5f, 1e-5f);
        }
    }
}
