using System.Text.Json.Nodes;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>What the fixtures leave at its default, against a decoder in float64: biases, heads of odd widths, one key head
/// for all, windows in some layers, caps and none, other activations, tied and untied output layers.</summary>
public class DecoderOptionTests
{
    // Of the largest absolute logit: float32 against float64 through a few layers.
    private const double Relative = 2e-5;
    private const int Length = 23;

    public static TheoryData<string, string> Cases => new()
    {
        { "llama biases", """{"model_type": "llama", "attention_bias": true, "mlp_bias": true, "hidden_act": "gelu"}""" },
        { "llama one key head", """{"model_type": "llama", "num_attention_heads": 5, "num_key_value_heads": 1, "head_dim": 6, "tie_word_embeddings": true}""" },
        { "llama heads of 34", """{"model_type": "llama", "num_attention_heads": 3, "num_key_value_heads": 3, "head_dim": 34, "hidden_act": "relu"}""" },
        { "mistral without window", """{"model_type": "mistral", "sliding_window": null, "tie_word_embeddings": true, "hidden_act": "gelu_pytorch_tanh"}""" },
        { "mistral", """{"model_type": "mistral", "sliding_window": 2}""" },
        { "qwen2 window in one layer", """{"model_type": "qwen2", "use_sliding_window": true, "sliding_window": 3, "max_window_layers": 2}""" },
        { "qwen2 layer types", """{"model_type": "qwen2", "use_sliding_window": true, "sliding_window": 17, "layer_types": ["full_attention", "sliding_attention", "full_attention"]}""" },
        { "qwen3 biases", """{"model_type": "qwen3", "attention_bias": true, "use_sliding_window": true, "sliding_window": 4, "max_window_layers": 1, "head_dim": 12}""" },
        { "gemma2 without caps", """{"model_type": "gemma2", "attention_bias": true, "attn_logit_softcapping": null, "final_logit_softcapping": null, "query_pre_attn_scalar": 5, "sliding_window": 3}""" },
        { "gemma2 low caps", """{"model_type": "gemma2", "attn_logit_softcapping": 0.75, "final_logit_softcapping": 2.5, "query_pre_attn_scalar": 20, "sliding_window": 5, "hidden_activation": "gelu", "tie_word_embeddings": false}""" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_float64(string name, string changes)
    {
        var config = Config(changes);
        var windows = Windows(config);
        var reference = new ReferenceDecoder(config, name.Length) { Windows = windows, Activation = Activation(config) };
        var ids = Enumerable.Range(0, Length).Select(i => i * 11 % 37).ToArray();
        var expected = reference.Logits(ids).SelectMany(row => row).ToArray();
        using var folder = new TemporaryFolder();
        reference.Save(folder);
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        var input = new HostTensor("input_ids", [.. ids.Select(id => (long)id)], 1, Length);
        var actual = model.Forward(new ForwardInputs(input))[0].Floats;
        var largest = expected.Max(Math.Abs);
        var worst = expected.Zip(actual).Max(p => Math.Abs(p.First - p.Second));
        Assert.True(worst <= Relative * largest, $"{name}: {worst / largest:0.0e+0} of the largest logit");
    }

    private static JsonObject Config(string changes)
    {
        var config = JsonNode.Parse("""
            {"vocab_size": 37, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 700.0,
             "tie_word_embeddings": false}
            """)!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject().ToArray())
        {
            config.Remove(key);
            config.Add(key, value?.DeepClone());
        }

        if (config["model_type"]!.GetValue<string>() == "gemma2" && !changes.Contains("tie_word", StringComparison.Ordinal))
        {
            config["tie_word_embeddings"] = true;
        }

        return config;
    }

    /// <summary>By each family's rule: mistral in all layers, gemma2 in every other, qwen from max_window_layers on.</summary>
    private static int[] Windows(JsonObject config)
    {
        var family = config["model_type"]!.GetValue<string>();
        var window = config["sliding_window"]?.GetValue<int>() ?? int.MaxValue;
        var types = config["layer_types"]?.AsArray().Select(t => t!.GetValue<string>() == "sliding_attention").ToArray();
        return [.. Enumerable.Range(0, 3).Select(layer => types is not null ? types[layer] : family switch
        {
            "mistral" => true,
            "gemma2" => layer % 2 == 0,
            "llama" => false,
            _ => layer >= config["max_window_layers"]!.GetValue<int>(),
        }).Select(slides => slides ? window : int.MaxValue)];
    }

    private static Func<double, double> Activation(JsonObject config)
    {
        var gemma = config["model_type"]!.GetValue<string>() == "gemma2";
        return (config[gemma ? "hidden_activation" : "hidden_act"]?.GetValue<string>() ?? (gemma ? "gelu_pytorch_tanh" : "silu")) switch
        {
            "relu" => x => Math.Max(0, x),
            "silu" => x => x / (1 + Math.Exp(-x)),
            "gelu" => x => x * Normal(x),
            _ => x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        };
    }

    /// <summary>The normal distribution's area below x, by its series (Marsaglia 2004), good to 1e-14 for small x.</summary>
    private static double Normal(double x)
    {
        var (sum, term) = (x, x);
        for (var n = 3; n < 300; n += 2)
        {
            term *= x * x / n;
            sum += term;
        }

        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
