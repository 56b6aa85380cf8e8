using System.Text;
using System.Text.Json.Nodes;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>config.json of every family with one number that lies: an error that names the key, before anything is
/// allocated by it, although the weights beside it are whole.</summary>
public sealed class HostileConfigTests : IDisposable
{
    private static readonly string[] s_heads =
    [
        "num_attention_heads", "num_key_value_heads", "n_head", "num_heads", "n_heads", "encoder_attention_heads",
        "decoder_attention_heads",
    ];

    private static readonly string[] s_layers =
    [
        "num_hidden_layers", "n_layer", "num_layers", "n_layers", "encoder_layers", "decoder_layers",
    ];

    private static readonly string[] s_sizes =
    [
        "hidden_size", "n_embd", "d_model", "dim", "intermediate_size", "hidden_dim", "d_ff", "d_kv", "head_dim", "vocab_size",
        "max_position_embeddings", "n_positions", "image_size", "patch_size", "num_queries", "encoder_ffn_dim",
        "decoder_ffn_dim", "max_source_positions", "max_target_positions", "relative_attention_num_buckets", "num_mel_bins",
    ];

    private static readonly string[] s_epsilons = ["layer_norm_eps", "rms_norm_eps", "layer_norm_epsilon"];

    private static readonly string[] s_activations =
    [
        "hidden_act", "activation_function", "hidden_activation", "dense_act_fn", "activation",
    ];

    private readonly ComputeDevice _device = ComputeDevice.Open("cpu");

    public void Dispose() => _device.Dispose();

    public static TheoryData<string> Folders
    {
        get
        {
            var folders = new TheoryData<string>();
            foreach (string name in new[]
            {
                "bert", "roberta", "xlm-roberta", "distilbert", "bert-mlm", "bert-classify", "bert-ner", "gpt2", "llama",
                "llama3-rope", "mistral", "qwen2", "qwen3", "gemma2", "t5", "t5-gated", "marian", "bart", "whisper", "vit",
                "deit", "detr", "detr-panoptic", "bert-bf16-sharded",
            })
            {
                folders.Add(name);
            }
            return folders;
        }
    }

    public static TheoryData<string> Rotary => new() { "llama", "llama3-rope", "mistral", "qwen2", "qwen3", "gemma2" };

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void HeadsThatDoNotDivideAreRefused(string folder) => Each(folder, s_heads, "0", "-1", "7", "1000000000", "1.5", "\"4\"");

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void LayersThatAreNotThereAreRefused(string folder) =>
        Each(folder, s_layers, "0", "-1", "1000", "1000000000", "2147483647", "99999999999999999999");

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void SizesThatTheWeightsDoNotHaveAreRefused(string folder) =>
        Each(folder, s_sizes, "0", "-1", "1000000000", "2147483647", "99999999999999999999");

    [SkippableTheory]
    [MemberData(nameof(Rotary))]
    public void PositionsThatAreRotatedMayBeManyAndCostNothing(string folder)
    {
        using var copy = new TemporaryFolder();
        copy.Write("config.json", With(Copy(folder, copy), "max_position_embeddings", "1000000000"));
        (Exception? error, long allocated) = HostileRun.Measure(() => TransformerModel.Load(copy.Path, _device).Dispose());
        Assert.Null(error);
        Assert.True(allocated < 1 << 22, $"{allocated} bytes allocated");
        foreach (string value in new[] { "0", "-1", "1e3", "99999999999999999999" })
        {
            MustRefuse(copy, With(Copy(folder, copy), "max_position_embeddings", value), "max_position_embeddings");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void EpsilonsThatAreNoneAreRefused(string folder) => Each(folder, s_epsilons, "-1", "1e999", "\"NaN\"", "NaN");

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void OtherActivationsAreRefused(string folder) => Each(folder, s_activations, "\"swishy\"", "7");

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void DeepNestingIsRefused(string folder)
    {
        using var copy = new TemporaryFolder();
        string text = Copy(folder, copy).ToJsonString();
        foreach (int depth in new[] { 65, 100_000 })
        {
            string deep = $"{text[..^1]},\"deep\":{new string('[', depth)}{new string(']', depth)}}}";
            MustRefuse(copy, deep, "64 deep");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void AnyKeyOfAnyKindGivesOurErrorOrAModel(string folder)
    {
        using var copy = new TemporaryFolder();
        JsonObject config = Copy(folder, copy);
        long size = Directory.EnumerateFiles(copy.Path).Sum(file => new FileInfo(file).Length);
        foreach (string key in config.Select(pair => pair.Key).ToArray())
        {
            foreach (string value in new[] { "null", "0", "-1", "3", "0.5", "1000000000", "\"x\"", "[]", "{}", "true" })
            {
                copy.Write("config.json", With(config, key, value));
                (Exception? error, long allocated) = HostileRun.Measure(() => TransformerModel.Load(copy.Path, _device).Dispose());
                Assert.True(error is null or GpuTransformer.Kernels.InputException, $"{key}: {value}: {error}");
                // A model that loads is packed: every weight is held once more, perhaps wider.
                Assert.True(allocated <= 1024 * 1024 + 16 * size, $"{key}: {value}: {allocated} bytes for a folder of {size}");
            }
        }
    }

    private void Each(string folder, string[] keys, params string[] values)
    {
        using var copy = new TemporaryFolder();
        JsonObject config = Copy(folder, copy);
        // How far a rotary model may look is no size of its weights.
        bool isRotary = config.ContainsKey("rope_parameters");
        foreach (string key in keys.Where(key => config[key] is not null && !(isRotary && key == "max_position_embeddings")))
        {
            foreach (string value in values)
            {
                MustRefuse(copy, With(config, key, value), key);
            }
        }
    }

    // The weights' sizes are compared with the config's, so that the error names the key, the list of layers that it
    // contradicts, or the tensors that do not fit.
    private void MustRefuse(TemporaryFolder folder, string config, string mention)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(config);
        folder.Write("config.json", bytes);
        long size = Directory.EnumerateFiles(folder.Path).Sum(file => new FileInfo(file).Length);
        (Exception? error, long allocated) = HostileRun.Measure(() => TransformerModel.Load(folder.Path, _device).Dispose());
        var refused = Assert.IsType<GpuTransformer.Kernels.InputException>(error);
        Assert.True(
            refused.Message.Contains(mention, StringComparison.Ordinal)
                || refused.Message.Contains("the weights do not fit the model", StringComparison.Ordinal)
                || refused.Message.Contains("layer_types", StringComparison.Ordinal)
                || refused.Message.Contains("NaN", StringComparison.Ordinal)
                || refused.Message.Contains("invalid", StringComparison.Ordinal),
            $"{mention}: {refused.Message}");
        Assert.True(allocated <= 64 * 1024 + 2 * size, $"{mention}: {allocated} bytes allocated for a folder of {size}: {config}");
    }

    private static JsonObject Copy(string name, TemporaryFolder to)
    {
        string from = Fixtures.Folder($"tiny/{name}");
        foreach (string file in Directory.EnumerateFiles(from).Where(file => !file.Contains("io.safetensors")))
        {
            File.WriteAllBytes(to.File(Path.GetFileName(file)), File.ReadAllBytes(file));
        }
        return JsonNode.Parse(File.ReadAllBytes(to.File("config.json")))!.AsObject();
    }

    private static string With(JsonObject config, string key, string value)
    {
        const string Mark = "\"@@\"";
        JsonNode copy = config.DeepClone();
        copy[key] = "@@";
        return copy.ToJsonString().Replace(Mark, value, StringComparison.Ordinal);
    }
}
