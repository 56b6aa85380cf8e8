using System.Text;
using System.Text.Json.Nodes;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>tie_word_embeddings as transformers 5 takes it: a stored output layer is used itself, whatever the config
/// says, and either of the two stands for one that is missing.</summary>
public class TiedWeightTests
{
    private const double Relative = 2e-5;
    private static readonly int[] s_ids = [3, 1, 4, 1, 5, 9, 2, 6];

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    [InlineData("gemma2")]
    public void A_stored_output_layer_that_differs_is_used(string family)
    {
        var config = Config(family, isTied: false);
        var reference = Reference(config, family);
        var expected = reference.Logits(s_ids);
        using var folder = new TemporaryFolder();
        reference.Save(folder);
        folder.Write("config.json", Config(family, isTied: true).ToJsonString());
        Compare(expected, folder);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    public void An_output_layer_stands_for_a_missing_embedding(string family)
    {
        var reference = Reference(Config(family, isTied: true), family);
        var expected = reference.Logits(s_ids);
        using var folder = new TemporaryFolder();
        reference.Save(folder);
        Rename(folder, "model.embed_tokens.weight", "lm_head.weight");
        Compare(expected, folder);
    }

    private static void Compare(double[][] rows, TemporaryFolder folder)
    {
        var expected = rows.SelectMany(row => row).ToArray();
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        var input = new HostTensor("input_ids", [.. s_ids.Select(id => (long)id)], 1, s_ids.Length);
        var actual = model.Forward(new ForwardInputs(input))[0].Floats;
        var largest = expected.Max(Math.Abs);
        var worst = expected.Zip(actual).Max(p => Math.Abs(p.First - p.Second));
        Assert.True(worst <= Relative * largest, $"{worst / largest:0.0e+0} of the largest logit");
    }

    /// <summary>A shorter name in a header of the same length: blanks may follow a name.</summary>
    private static void Rename(TemporaryFolder folder, string from, string to)
    {
        var path = folder.File("model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"{from}\""));
        Encoding.UTF8.GetBytes($"\"{to}\"".PadRight(from.Length + 2)).CopyTo(bytes, at);
        File.WriteAllBytes(path, bytes);
    }

    private static ReferenceDecoder Reference(JsonObject config, string family) => new(config, seed: 11)
    {
        Windows = family == "gemma2" ? [5, int.MaxValue] : [int.MaxValue, int.MaxValue],
        Activation = x => x / (1 + Math.Exp(-x)),
    };

    private static JsonObject Config(string family, bool isTied)
    {
        var config = JsonNode.Parse("""
            {"vocab_size": 29, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 4, "query_pre_attn_scalar": 4.0, "attn_logit_softcapping": null,
             "final_logit_softcapping": null, "sliding_window": 5, "hidden_act": "silu", "hidden_activation": "silu",
             "rope_theta": 700.0}
            """)!.AsObject();
        config["model_type"] = family;
        config["tie_word_embeddings"] = isTied;
        return config;
    }
}
