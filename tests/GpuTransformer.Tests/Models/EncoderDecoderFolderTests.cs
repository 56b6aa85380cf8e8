using System.Text.Json.Nodes;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Cli;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Folders of encoder-decoders as other tools and versions leave them, and configs that are refused.</summary>
public class EncoderDecoderFolderTests
{
    [SkippableTheory]
    [InlineData("t5", "feed_forward_proj", "\"gelu-gated\"", "feed_forward_proj: expected an activation, or")]
    [InlineData("t5", "dense_act_fn", "\"mish\"", "dense_act_fn: expected relu")]
    [InlineData("t5", "is_gated_act", "true", "wi_0.weight")]
    [InlineData("t5", "is_encoder_decoder", "false", "is_encoder_decoder: expected true, found false")]
    [InlineData("t5", "is_decoder", "true", "is_decoder: expected false")]
    [InlineData("t5", "tie_encoder_decoder", "true", "tie_encoder_decoder")]
    [InlineData("t5", "quantization_config", "{}", "quantization_config")]
    [InlineData("t5", "pruned_heads", "{\"0\":[1]}", "pruned_heads")]
    [InlineData("t5", "relative_attention_num_buckets", "2", "relative_attention_num_buckets")]
    [InlineData("t5", "relative_attention_num_buckets", "10", "relative_attention_bias.weight")]
    [InlineData("t5", "relative_attention_max_distance", "4", "relative_attention_max_distance")]
    [InlineData("t5", "num_heads", "1048576", "num_heads")]
    [InlineData("t5", "num_decoder_layers", "3", "decoder.block.2")]
    [InlineData("t5", "architectures", "[\"T5EncoderModel\"]", "architectures: expected T5ForConditionalGeneration")]
    [InlineData("t5", "model_type", "\"umt5\"", "model kind 'umt5' is not supported; supported: ")]
    [InlineData("bart", "model_type", "\"pegasus\"", "model kind 'pegasus' is not supported; supported: ")]
    [InlineData("bart", "activation_function", "\"gelu_10\"", "activation_function: expected relu")]
    [InlineData("bart", "encoder_attention_heads", "5", "encoder_attention_heads: expected a divisor of d_model 32")]
    [InlineData("bart", "normalize_before", "true", "normalize_before: expected false")]
    [InlineData("bart", "normalize_embedding", "false", "normalize_embedding: expected true")]
    [InlineData("bart", "max_position_embeddings", "40", "embed_positions.weight")]
    [InlineData("bart", "tie_word_embeddings", "false", "missing: \"lm_head.weight\"")]
    [InlineData("bart", "architectures", "[\"BartForSequenceClassification\"]", "architectures: expected BartForConditionalGeneration")]
    [InlineData("marian", "static_position_embeddings", "false", "static_position_embeddings: expected true")]
    [InlineData("marian", "add_final_layer_norm", "true", "add_final_layer_norm: expected false")]
    [InlineData("marian", "share_encoder_decoder_embeddings", "false", "encoder.embed_tokens.weight")]
    public void A_config_that_is_not_honoured_is_refused_by_name(string fixture, string key, string value, string part)
    {
        using var folder = ModelFolder.Of(Fixtures.Folder($"tiny/{fixture}"));
        folder.ChangeConfig(config => config[key] = JsonNode.Parse(value));
        using var device = ComputeDevice.Open("cpu");
        var error = Assert.Throws<InputException>(() => TransformerModel.Load(folder.Path, device));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void T5_scales_its_outputs_where_a_key_or_the_tied_embedding_says_so()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/t5"));
        var scaled = Logits(folder);
        folder.ChangeConfig(config => config["scale_decoder_outputs"] = false);
        var plain = Logits(folder);
        Close(plain, [.. scaled.Select(v => v * MathF.Sqrt(32))]);
        folder.ChangeConfig(config => config.AsObject().Remove("scale_decoder_outputs"));
        Assert.Equal(scaled, Logits(folder));
        folder.ChangeConfig(config => config["tie_word_embeddings"] = false);
        Assert.Equal(plain, Logits(folder));
        folder.ChangeConfig(config => (config["model_type"], config["tie_word_embeddings"]) = ("mt5", true));
        Assert.Equal(plain, Logits(folder));
    }

    [SkippableFact]
    public void Keys_that_old_configs_lack_have_transformers_defaults()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/t5-gated"));
        var before = Logits(folder);
        folder.ChangeConfig(config =>
        {
            foreach (var key in new[] { "architectures", "relative_attention_max_distance", "relative_attention_num_buckets", "num_decoder_layers", "layer_norm_epsilon", "is_gated_act", "dense_act_fn" })
            {
                config.AsObject().Remove(key);
            }
        });
        Assert.Equal(before, Logits(folder));
        folder.ChangeConfig(config => config["feed_forward_proj"] = "gated-gelu_new");
        Assert.Equal(before, Logits(folder));
        folder.ChangeConfig(config => config["feed_forward_proj"] = "gated-silu");
        Assert.NotEqual(before, Logits(folder));
    }

    [SkippableTheory]
    [InlineData("t5", "shared.weight", "")]
    [InlineData("bart", "model.shared.weight", "model.")]
    [InlineData("marian", "model.shared.weight", "model.")]
    public void Tied_tables_may_be_stored_or_not(string fixture, string shared, string prefix)
    {
        using var folder = ModelFolder.Of(Fixtures.Folder($"tiny/{fixture}"));
        var before = Logits(folder);
        float[] table = [];
        folder.ChangeWeights((name, values, shape) =>
        {
            table = name == shared ? values : table;
            return (name, values, shape);
        });
        folder.AddWeights(w =>
        {
            w.Add($"{prefix}encoder.embed_tokens.weight", table, 89, 32);
            w.Add($"{prefix}decoder.embed_tokens.weight", table, 89, 32);
            w.Add("lm_head.weight", table, 89, 32);
        });
        Assert.Equal(before, Logits(folder));

        // Without the shared one, and a head of its own: it is used as it is stored.
        folder.ChangeWeights((name, values, shape) =>
            name == shared ? null : (name, name == "lm_head.weight" ? [.. values.Select(v => -v)] : values, shape));
        var bias = fixture == "t5" ? new float[89] : Bias(folder);
        var after = Logits(folder);
        Close([.. after.Select((v, i) => bias[i % 89] - (v - bias[i % 89]))], before);
    }

    [SkippableFact]
    public void Bart_may_be_saved_without_its_head_and_prefix()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/bart"));
        var bias = Bias(folder);
        var before = Logits(folder);
        folder.ChangeConfig(config => config["architectures"] = new JsonArray("BartModel"));
        folder.ChangeWeights((name, values, shape) => name == "final_logits_bias" ? null : (name["model.".Length..], values, shape));
        Close([.. Logits(folder).Select((v, i) => v + bias[i % 89])], before);
    }

    [SkippableFact]
    public void Marian_may_have_two_vocabularies_and_stored_positions()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/marian"));
        var before = Logits(folder);
        float[] table = [];
        folder.ChangeWeights((name, values, shape) =>
        {
            table = name == "model.shared.weight" ? values : table;
            return name == "model.shared.weight" ? null : (name, name == "final_logits_bias" ? [.. values, 7f] : values, name == "final_logits_bias" ? [1L, 90] : shape);
        });
        folder.AddWeights(w =>
        {
            w.Add("model.encoder.embed_tokens.weight", table, 89, 32);
            w.Add("model.decoder.embed_tokens.weight", table.Concat(new float[32]).ToArray(), 90, 32);
            var positions = new float[64 * 32];
            for (var i = 0; i < positions.Length; i++)
            {
                var (position, column) = (i / 32, i % 32);
                var angle = position / Math.Pow(10000, column % 16 / 16.0);
                positions[i] = (float)(column < 16 ? Math.Sin(angle) : Math.Cos(angle));
            }

            w.Add("model.encoder.embed_positions.weight", positions, 64, 32);
            w.Add("model.decoder.embed_positions.weight", positions, 64, 32);
        });
        folder.ChangeConfig(config => (config["share_encoder_decoder_embeddings"], config["decoder_vocab_size"]) = (false, 90));
        var after = Logits(folder);
        Close([.. after.Where((_, i) => i % 90 < 89)], before);
        Assert.All(after.Where((_, i) => i % 90 == 89), v => Assert.Equal(7f, v, 1e-4f));
    }

    private static float[] Bias(ModelFolder folder)
    {
        using var file = GpuTransformer.Weights.SafetensorsFile.Open(folder.At("model.safetensors"));
        return file.ReadFloat32("final_logits_bias");
    }

    private static float[] Logits(ModelFolder folder)
    {
        // One device a model: what is stored decides, not what was there before.
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        return model.Forward(new ForwardInputs(
            new HostTensor("input_ids", [5L, 9, 40, 77, 1], 1, 5),
            new HostTensor("decoder_input_ids", [0L, 4, 11], 1, 3)))[0].Floats;
    }

    private static void Close(float[] actual, float[] expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        Assert.All(actual.Zip(expected), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 2e-5 * largest));
    }
}
