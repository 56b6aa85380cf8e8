using System.Text.Json.Nodes;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tasks;
using GpuTransformer.Tests.Cli;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Tasks;

/// <summary>Sentence-transformers folders and plain encoders: pooling, what follows it, and where texts are cut.</summary>
public sealed class SentenceEmbedderTests : IDisposable
{
    private const string Text = "to be or not to be , that is the question";
    private const int Width = 160;

    private readonly ComputeDevice _device = ComputeDevice.Open("cpu");
    private readonly ModelFolder _folder = ModelFolder.Copy(Fixtures.Model("bert-shakespeare"));

    public void Dispose()
    {
        _folder.Dispose();
        _device.Dispose();
    }

    [SkippableFact]
    public void Minilm_gives_its_recorded_embeddings()
    {
        var folder = Fixtures.Shared("real/minilm");
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        var sentences = expected["sentences"]!.AsArray().Select(s => s!.GetValue<string>()).ToArray();
        using var file = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var recorded = file.ReadFloat32(file.Tensors.Keys.Single());
        using var embedder = SentenceEmbedder.Load(folder, _device);
        Assert.Equal((384, 256), (embedder.Dimensions, embedder.Limit));
        var vectors = embedder.Embed(sentences);
        for (var i = 0; i < sentences.Length; i++)
        {
            var cosine = vectors[i].Zip(recorded[(i * 384)..((i + 1) * 384)]).Sum(pair => (double)pair.First * pair.Second);
            Assert.InRange(cosine, 0.999999, 1.000001);
            Assert.Equal(vectors[i], embedder.Embed(sentences[i]));
        }
    }

    [Fact]
    public void A_plain_encoder_gives_the_mean_of_its_tokens()
    {
        using var embedder = SentenceEmbedder.Load(_folder.Path, _device);
        var states = States(embedder, Text);
        Close(Pooled(states, PoolingMode.Mean), embedder.Embed(Text));
        Assert.Equal(Width, embedder.Dimensions);
        Assert.Throws<InputException>(() => embedder.Embed(string.Concat(Enumerable.Repeat("love ", 200))));
    }

    [Theory]
    [InlineData(PoolingMode.Cls, true)]
    [InlineData(PoolingMode.Max, false)]
    public void Flags_choose_another_pooling_and_length_one(PoolingMode pooling, bool normalize)
    {
        using var embedder = SentenceEmbedder.Load(_folder.Path, _device, pooling: pooling, normalize: normalize);
        var expected = Pooled(States(embedder, Text), pooling);
        Close(normalize ? Unit(expected) : expected, embedder.Embed(Text));
    }

    [Theory]
    [InlineData("""{"word_embedding_dimension": 160, "pooling_mode_mean_tokens": true}""", new[] { PoolingMode.Mean })]
    [InlineData("""{"word_embedding_dimension": 160, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}""", new[] { PoolingMode.Cls })]
    [InlineData("""{"pooling_mode_max_tokens": true}""", new[] { PoolingMode.Max })]
    [InlineData("""{"pooling_mode_mean_sqrt_len_tokens": true}""", new[] { PoolingMode.MeanSqrtLen })]
    [InlineData("""{"pooling_mode_weightedmean_tokens": true}""", new[] { PoolingMode.WeightedMean })]
    [InlineData("""{"pooling_mode_lasttoken": true}""", new[] { PoolingMode.LastToken })]
    [InlineData("""{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true}""", new[] { PoolingMode.Cls, PoolingMode.Mean })]
    [InlineData("""{"pooling_mode_mean_tokens": false}""", new[] { PoolingMode.Mean })]
    [InlineData("""{"embedding_dimension": 160, "pooling_mode": "lasttoken", "include_prompt": true}""", new[] { PoolingMode.LastToken })]
    [InlineData("""{"pooling_mode": ["mean", "cls"]}""", new[] { PoolingMode.Mean, PoolingMode.Cls })]
    public void Every_pooling_mode_is_honoured(string config, PoolingMode[] modes)
    {
        Modules(("Pooling", config));
        using var embedder = SentenceEmbedder.Load(_folder.Path, _device);
        Assert.Equal(modes, embedder.Pooling);
        var states = States(embedder, Text);
        Close([.. modes.SelectMany(mode => Pooled(states, mode))], embedder.Embed(Text));
    }

    [Theory]
    [InlineData("torch.nn.modules.activation.Tanh", true)]
    [InlineData("torch.nn.modules.linear.Identity", false)]
    [InlineData("torch.nn.modules.activation.GELU", true)]
    [InlineData("torch.nn.modules.activation.ReLU", false)]
    public void Dense_and_normalize_follow_the_pooling(string activation, bool bias)
    {
        var random = new Random(4);
        var weight = Enumerable.Range(0, 24 * Width).Select(_ => random.NextSingle() - 0.5f).ToArray();
        var offset = Enumerable.Range(0, 24).Select(_ => random.NextSingle() - 0.5f).ToArray();
        Modules(
            ("Pooling", "{}"),
            ("Dense", $$"""{"in_features": 160, "out_features": 24, "bias": {{(bias ? "true" : "false")}}, "activation_function": "{{activation}}"}"""),
            ("Normalize", null));
        var writer = new SafetensorsWriter();
        writer.Add("linear.weight", weight, 24, Width);
        if (bias)
        {
            writer.Add("linear.bias", offset, 24);
        }

        writer.Save(_folder.At("2_Dense/model.safetensors"));
        using var embedder = SentenceEmbedder.Load(_folder.Path, _device);
        var pooled = Pooled(States(embedder, Text), PoolingMode.Mean);
        var expected = Enumerable.Range(0, 24).Select(row =>
        {
            var x = pooled.Select((v, column) => v * weight[row * Width + column]).Sum() + (bias ? offset[row] : 0);
            return activation[(activation.LastIndexOf('.') + 1)..] switch
            {
                "Tanh" => Math.Tanh(x),
                "ReLU" => Math.Max(0, x),
                "GELU" => 0.5 * x * (1 + FastMath.Erf((float)(x / Math.Sqrt(2)))),
                _ => x,
            };
        }).ToArray();
        Assert.Equal(24, embedder.Dimensions);
        Close(Unit(expected), embedder.Embed(Text));
    }

    [Fact]
    public void Texts_are_lowered_cut_and_prompted_as_the_folder_says()
    {
        Modules(("Pooling", "{}"));
        File.WriteAllText(_folder.At("sentence_bert_config.json"), """{"max_seq_length": 8, "do_lower_case": true}""");
        File.WriteAllText(
            _folder.At("config_sentence_transformers.json"), """{"prompts": {"query": "my lord , "}, "default_prompt_name": "query"}""");
        using var embedder = SentenceEmbedder.Load(_folder.Path, _device);
        var tokens = embedder.Tokenize("WHAT is that question ?");
        Assert.Equal(["[CLS]", "my", "lord", ",", "what", "is", "that", "[SEP]"], tokens.Tokens);
        Assert.Equal(8, embedder.Limit);
        using var longer = SentenceEmbedder.Load(_folder.Path, _device, new TokenizeOptions { MaxLength = 5 });
        Assert.Equal(5, longer.Tokenize("what is that question").Count);
        Assert.Throws<InputException>(() => SentenceEmbedder.Load(_folder.Path, _device, new TokenizeOptions { MaxLength = 9 }));
    }

    [Fact]
    public void What_a_text_says_never_becomes_a_special_token_unless_allowed()
    {
        using var embedder = SentenceEmbedder.Load(_folder.Path, _device);
        using var allowing = SentenceEmbedder.Load(_folder.Path, _device, new TokenizeOptions { AllowSpecial = true });
        Assert.DoesNotContain("[MASK]", embedder.Tokenize("a [MASK] b").Tokens);
        Assert.Contains("[MASK]", allowing.Tokenize("a [MASK] b").Tokens);
    }

    [Theory]
    [InlineData("""{"transformer_task": "text-generation"}""", "transformer_task")]
    [InlineData("""{"module_output_name": "sentence_embedding"}""", "module_output_name")]
    [InlineData("""{"modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}}}""", "method_output_name")]
    [InlineData("""{"processing_kwargs": {"text": {"padding": "max_length"}}}""", "processing_kwargs")]
    [InlineData("""{"max_seq_length": 0}""", "max_seq_length")]
    public void An_encoders_settings_that_are_not_honoured_are_refused(string config, string named)
    {
        Modules(("Pooling", "{}"));
        File.WriteAllText(_folder.At("sentence_bert_config.json"), config);
        Assert.Contains(named, Assert.Throws<InputException>(() => SentenceEmbedder.Load(_folder.Path, _device)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("/etc")]
    [InlineData("1_Pooling/../../x")]
    [InlineData("1_Pooling/")]
    [InlineData("..\\x")]
    [InlineData("C:x")]
    [InlineData(".")]
    [InlineData("a\\u0000b")]
    public void A_module_lies_inside_the_models_folder(string path)
    {
        File.WriteAllText(_folder.At("modules.json"), $$"""
            [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "path": "{{path.Replace("\\x", "\\\\x", StringComparison.Ordinal)}}", "type": "sentence_transformers.models.Pooling"}]
            """);
        var error = Assert.Throws<InputException>(() => SentenceEmbedder.Load(_folder.Path, _device));
        Assert.Contains("path", error.Message, StringComparison.Ordinal);
        Assert.Contains("modules.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "modules.json")]
    [InlineData("{}", "modules.json")]
    [InlineData("[1]", "modules.json")]
    [InlineData("""[{"path": "", "type": "os.system"}]""", "os.system")]
    [InlineData("""[{"path": "", "type": "sentence_transformers.models.Transformer"}]""", "Pooling")]
    [InlineData("""[{"path": "", "type": "sentence_transformers.models.Transformer"}, {"path": "1", "type": "sentence_transformers.models.WKPooling"}]""", "WKPooling")]
    [InlineData("""[{"path": "", "type": "sentence_transformers.models.Transformer"}], [1]""", "modules.json")]
    public void Modules_that_are_not_understood_are_refused_by_name(string modules, string named)
    {
        File.WriteAllText(_folder.At("modules.json"), modules);
        Assert.Contains(named, Assert.Throws<InputException>(() => SentenceEmbedder.Load(_folder.Path, _device)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Pooling", """{"pooling_mode": "attention"}""", "pooling_mode")]
    [InlineData("Pooling", """{"pooling_mode": []}""", "pooling_mode")]
    [InlineData("Pooling", """{"pooling_mode_first": true}""", "pooling_mode_first")]
    [InlineData("Pooling", """{"word_embedding_dimension": 161}""", "word_embedding_dimension")]
    [InlineData("Dense", """{"in_features": 161, "out_features": 4, "activation_function": "torch.nn.modules.linear.Identity"}""", "")]
    [InlineData("Dense", """{"in_features": 160, "out_features": 4, "activation_function": "os.system"}""", "")]
    [InlineData("Dense", """{"in_features": 160, "out_features": 4, "use_residual": true}""", "use_residual")]
    public void A_modules_config_that_is_not_honoured_is_refused(string kind, string config, string named)
    {
        Modules(kind == "Pooling" ? [(kind, config)] : [("Pooling", "{}"), (kind, config)]);
        Assert.Contains(named, Assert.Throws<InputException>(() => SentenceEmbedder.Load(_folder.Path, _device)).Message, StringComparison.Ordinal);
    }

    private static float[] States(SentenceEmbedder embedder, string text) => embedder.Model.HiddenStates([embedder.Tokenize(text)])[0];

    /// <summary>Each mode once more, in double precision.</summary>
    private static double[] Pooled(float[] states, PoolingMode mode)
    {
        var rows = states.Chunk(Width).ToArray();
        return [.. Enumerable.Range(0, Width).Select(i => mode switch
        {
            PoolingMode.Cls => rows[0][i],
            PoolingMode.LastToken => rows[^1][i],
            PoolingMode.Max => rows.Max(row => row[i]),
            PoolingMode.MeanSqrtLen => rows.Sum(row => (double)row[i]) / Math.Sqrt(rows.Length),
            PoolingMode.WeightedMean => rows.Index().Sum(row => (row.Index + 1.0) * row.Item[i]) / rows.Index().Sum(row => row.Index + 1.0),
            _ => rows.Average(row => (double)row[i]),
        })];
    }

    private static double[] Unit(double[] vector) => [.. vector.Select(v => v / Math.Sqrt(vector.Sum(x => x * x)))];

    private static void Close(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -2e-6 * largest, 2e-6 * largest));
    }

    private void Modules(params (string Kind, string? Config)[] modules)
    {
        var list = new JsonArray(new JsonObject { ["idx"] = 0, ["name"] = "0", ["path"] = "", ["type"] = "sentence_transformers.models.Transformer" });
        foreach (var (kind, config) in modules)
        {
            var path = $"{list.Count}_{kind}";
            list.Add(new JsonObject { ["idx"] = list.Count, ["name"] = $"{list.Count}", ["path"] = path, ["type"] = $"sentence_transformers.models.{kind}" });
            Directory.CreateDirectory(_folder.At(path));
            if (config is not null)
            {
                File.WriteAllText(_folder.At($"{path}/config.json"), config);
            }
        }

        File.WriteAllText(_folder.At("modules.json"), list.ToJsonString());
    }
}
