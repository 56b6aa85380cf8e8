using System.Text.Json.Nodes;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Keys of decoder configs: what absent ones stand for, and that one which changes the result and is not honoured
/// is an error that names it.</summary>
public class DecoderConfigTests
{
    [Theory]
    [InlineData("llama", "hidden_act", "\"swiglu_oai\"", "hidden_act", "swiglu_oai")]
    [InlineData("llama", "quantization_config", "{\"bits\": 4}", "quantization_config")]
    [InlineData("llama", "architectures", "[\"LlamaForSequenceClassification\"]", "architectures", "LlamaForCausalLM")]
    [InlineData("llama", "num_key_value_heads", "3", "num_key_value_heads 3", "4")]
    [InlineData("llama", "head_dim", "7", "head_dim", "7")]
    [InlineData("llama", "head_dim", "0", "head_dim")]
    [InlineData("llama", "vocab_size", "\"101\"", "vocab_size")]
    [InlineData("llama", "rope_parameters", "{\"rope_type\": \"ntk\"}", "rope_type", "ntk")]
    [InlineData("mistral", "sliding_window", "0", "sliding_window", "0")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\", \"sliding_attention\"]", "sliding_window", "layer_types")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\", \"linear_attention\"]", "layer_types", "linear_attention")]
    [InlineData("qwen3", "layer_types", "[\"full_attention\"]", "layer_types", "2 entries")]
    [InlineData("qwen2", "use_mrope", "true", "use_mrope")]
    [InlineData("gemma2", "use_bidirectional_attention", "true", "use_bidirectional_attention")]
    [InlineData("gemma2", "hidden_activation", "\"mish\"", "hidden_activation", "mish")]
    [InlineData("gemma2", "sliding_window", "null", "sliding_window")]
    [InlineData("gemma2", "attn_logit_softcapping", "0", "attn_logit_softcapping")]
    public void A_key_that_is_not_honoured_is_refused_by_name(string family, string key, string value, params string[] parts)
    {
        var error = Assert.Throws<InputException>(() => Read(family, (key, value)));
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"rope_type\": \"default\", \"rope_theta\": 1e4}", 100)]
    [InlineData("{\"rope_type\": \"linear\", \"rope_theta\": 1e4, \"factor\": 2.5}", 250)]
    [InlineData("{\"rope_type\": \"yarn\", \"rope_theta\": 1e4, \"factor\": 4, \"original_max_position_embeddings\": 16}", 100)]
    [InlineData("{\"rope_type\": \"yarn\", \"rope_theta\": 1e4, \"factor\": 4, \"original_max_position_embeddings\": 100}", 400)]
    [InlineData("{\"rope_type\": \"dynamic\", \"rope_theta\": 1e4, \"factor\": 2}", int.MaxValue)]
    public void Texts_are_as_long_as_positions_are_stretched(string rope, int most) =>
        Assert.Equal(most, Read("llama", ("max_position_embeddings", "100"), ("rope_parameters", rope)).MostPositions);

    [SkippableFact]
    public void A_prompt_longer_than_the_model_is_refused_before_it_runs()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (GenerativeModel)TransformerModel.Load(Fixtures.Folder("tiny/llama"), device);
        var error = Assert.Throws<InputException>(() => model.Generate([new int[200]], new() { MaxNewTokens = 1 }));
        Assert.Contains("128", error.Message, StringComparison.Ordinal);
        var ids = new HostTensor("input_ids", new long[200], 1, 200);
        Assert.Equal([1, 200, 101], model.Forward(new ForwardInputs(ids))[0].Shape);
    }

    [Fact]
    public void Keys_that_do_not_change_the_answer_are_passed_over()
    {
        var config = Read(
            "llama", ("use_cache", "false"), ("attention_dropout", "0.3"), ("pretraining_tp", "2"), ("torch_dtype", "\"bfloat16\""));
        Assert.Equal(2, config.NumKeyValueHeads);
    }

    [Fact]
    public void Absent_keys_stand_for_what_transformers_takes()
    {
        Assert.Equal(4, Read("llama", ("num_key_value_heads", null), ("head_dim", null)).NumKeyValueHeads);
        Assert.Equal(8, Read("llama", ("head_dim", "null")).HeadDim);
        Assert.Equal(2048, Read("llama", ("max_position_embeddings", null)).Rope.MaxPositions);
        Assert.Equal(128, Read("qwen3", ("head_dim", null)).HeadDim);
        Assert.Equal(256, Read("gemma2", ("head_dim", null)).HeadDim);
        Assert.Equal(50, ((Gemma2Config)Read("gemma2", ("attn_logit_softcapping", null))).AttnLogitSoftcapping);
        Assert.Null(((Gemma2Config)Read("gemma2", ("attn_logit_softcapping", "null"))).AttnLogitSoftcapping);
        Assert.True(Read("gemma2", ("tie_word_embeddings", null)).TieWordEmbeddings);
        Assert.False(Read("llama", ("tie_word_embeddings", null)).TieWordEmbeddings);
        Assert.Equal(ActivationKind.GeluTanh, Read("gemma2", ("hidden_activation", null)).HiddenAct);
    }

    [Fact]
    public void Windows_follow_each_familys_rule()
    {
        Assert.Equal(4096, Read("mistral", ("sliding_window", null)).SlidingWindow);
        Assert.Null(Read("mistral", ("sliding_window", "null")).SlidingWindow);
        Assert.Equal([true, true], Read("mistral").IsSliding);
        Assert.Equal([false, false], Read("mistral", ("sliding_window", "null")).IsSliding);

        // Qwen: only with use_sliding_window, and from max_window_layers on.
        Assert.Null(Read("qwen2", ("sliding_window", "8"), ("layer_types", null)).SlidingWindow);
        var qwen = Read("qwen2", ("use_sliding_window", "true"), ("sliding_window", "8"), ("max_window_layers", "1"), ("layer_types", null));
        Assert.Equal([false, true], qwen.IsSliding);
        Assert.Equal(8, qwen.SlidingWindow);
        Assert.Equal(
            [true, false],
            Read("qwen3", ("use_sliding_window", "true"), ("sliding_window", "8"), ("layer_types", "[\"sliding_attention\", \"full_attention\"]")).IsSliding);

        // Gemma 2 of transformers 4 has no layer_types: every other layer from the first on.
        Assert.Equal([true, false, true], Read("gemma2", ("layer_types", null), ("num_hidden_layers", "3")).IsSliding);
    }

    [SkippableFact]
    public void A_window_as_long_as_the_text_is_none_and_one_of_one_sees_itself_alone()
    {
        var text = Enumerable.Range(0, 19).Select(i => (long)(5 + i * 7 % 60)).ToArray();
        text[17] = text[4];
        using var device = ComputeDevice.Open("cpu");
        var whole = Logits(device, "null", text);
        Assert.Equal(whole, Logits(device, "19", text));
        Assert.Equal(whole, Logits(device, "100000", text));
        Assert.NotEqual(whole, Logits(device, "18", text));
        var alone = Logits(device, "1", text).Chunk(101).ToArray();
        Assert.Equal(alone[4], alone[17]);
        Assert.NotEqual(alone[4], alone[16]);
    }

    private static float[] Logits(ComputeDevice device, string window, long[] text)
    {
        var source = Fixtures.Folder("tiny/mistral");
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(source, "model.safetensors"), Path.Combine(folder.Path, "model.safetensors"));
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!;
        json["sliding_window"] = JsonNode.Parse(window);
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), json.ToJsonString());
        using var model = TransformerModel.Load(folder.Path, device);
        return model.Forward(new ForwardInputs(new HostTensor("input_ids", text, 1, text.Length)))[0].Floats;
    }

    private static DecoderConfig Read(string family, params (string Key, string? Value)[] changes)
    {
        var json = JsonNode.Parse("""
            {"vocab_size": 101, "hidden_size": 32, "intermediate_size": 72, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 128, "sliding_window": null,
             "layer_types": ["full_attention", "full_attention"], "rope_parameters": {"rope_type": "default", "rope_theta": 10000}}
            """)!.AsObject();
        if (family is "mistral" or "gemma2")
        {
            json["sliding_window"] = 7;
        }

        if (family == "gemma2")
        {
            json["layer_types"] = new JsonArray("sliding_attention", "full_attention");
        }

        foreach (var (key, value) in changes)
        {
            json.Remove(key);
            if (value is not null)
            {
                json.Add(key, JsonNode.Parse(value));
            }
        }

        var config = ModelConfig.Parse(json.ToJsonString());
        return family switch
        {
            "llama" => new LlamaConfig(config),
            "mistral" => new MistralConfig(config),
            "qwen2" => new Qwen2Config(config),
            "qwen3" => new Qwen3Config(config),
            _ => new Gemma2Config(config),
        };
    }
}
