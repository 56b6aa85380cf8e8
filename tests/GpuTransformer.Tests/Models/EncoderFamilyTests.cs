using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Cli;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>BERT's heads, RoBERTa, XLM-RoBERTa and DistilBERT against what transformers answered; configs and weights as
/// others save them.</summary>
public sealed class EncoderFamilyTests : IDisposable
{
    /// <summary>Both sides are float32 with sums in different orders.</summary>
    private const double Relative = 2e-5;

    private readonly ComputeDevice _device = ComputeDevice.Open("cpu");

    public void Dispose() => _device.Dispose();

    [SkippableTheory]
    [InlineData("bert-classify", VariantKind.Cpu)]
    [InlineData("bert-classify", VariantKind.Naive)]
    [InlineData("bert-ner", VariantKind.Cpu)]
    [InlineData("bert-ner", VariantKind.Group)]
    [InlineData("roberta", VariantKind.Cpu)]
    [InlineData("roberta", VariantKind.Naive)]
    [InlineData("xlm-roberta", VariantKind.Cpu)]
    [InlineData("distilbert", VariantKind.Cpu)]
    [InlineData("distilbert", VariantKind.Group)]
    public void Outputs_are_those_recorded(string name, VariantKind variant)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var device = ComputeDevice.Open("cpu", variant);
        using var model = TransformerModel.Load(folder, device);
        ExpectRecorded(model, Path.Combine(folder, "io.safetensors"));
    }

    [SkippableTheory]
    [InlineData("bert-classify", "bert.")]
    [InlineData("roberta", "")]
    [InlineData("distilbert", "")]
    public void Prefixes_are_found_and_left_out(string name, string saved)
    {
        using var folder = Copy(name);
        folder.ChangeWeights((tensor, values, shape) => saved.Length > 0
            ? (tensor.StartsWith(saved, StringComparison.Ordinal) ? tensor[saved.Length..] : tensor, values, shape)
            : ($"{name}.{tensor}", values, shape));
        using var model = TransformerModel.Load(folder.Path, _device);
        ExpectRecorded(model, Path.Combine(Fixtures.Folder($"tiny/{name}"), "io.safetensors"));
    }

    [SkippableFact]
    public void A_stored_output_layer_stands_for_missing_words_and_is_used_where_it_differs()
    {
        using var folder = Copy("bert-mlm");
        folder.ChangeWeights((tensor, values, shape) => (
            tensor == "bert.embeddings.word_embeddings.weight" ? "cls.predictions.decoder.weight" : tensor, values, shape));
        using (var model = TransformerModel.Load(folder.Path, _device))
        {
            ExpectRecorded(model, Path.Combine(Fixtures.Folder("tiny/bert-mlm"), "io.safetensors"));
        }

        using var both = Copy("bert-mlm");
        both.AddWeights(
            ("cls.predictions.decoder.weight", new float[97 * 32], [97, 32]), ("cls.predictions.decoder.bias", [.. Enumerable.Repeat(7f, 97)], [97]));
        using var other = TransformerModel.Load(both.Path, _device);
        var logits = other.Forward(Inputs("bert-mlm")).Single().Floats;
        Compare("logits", [.. Enumerable.Repeat(7f, logits.Length)], logits, Mask("bert-mlm", 97));
    }

    [SkippableFact]
    public void Weights_saved_by_BertForPreTraining_serve_every_task()
    {
        using var folder = Copy("bert-mlm");
        folder.ChangeConfig(config => config["architectures"] = new System.Text.Json.Nodes.JsonArray("BertForPreTraining"));
        folder.AddWeights(
            ("cls.seq_relationship.weight", new float[2 * 32], [2, 32]), ("cls.seq_relationship.bias", new float[2], [2]),
            ("bert.pooler.dense.weight", new float[32 * 32], [32, 32]), ("bert.pooler.dense.bias", new float[32], [32]));
        using var model = TransformerModel.Load(folder.Path, _device);
        var output = model.Forward(Inputs("bert-mlm")).Single();
        Assert.Equal("prediction_logits", output.Name);
        Compare("logits", Recorded("bert-mlm", "out.logits"), output.Floats, Mask("bert-mlm", 97));
    }

    [SkippableTheory]
    [InlineData("roberta", "lm_head.dense", "lm_head.layer_norm", "lm_head.bias", "RobertaForMaskedLM")]
    [InlineData("distilbert", "vocab_transform", "vocab_layer_norm", "vocab_projector.bias", "DistilBertForMaskedLM")]
    public void A_masked_language_model_head_is_dense_activation_norm_and_the_tied_words(
        string name, string dense, string norm, string bias, string architecture)
    {
        using var folder = Copy(name);
        folder.ChangeConfig(config => config["architectures"] = new System.Text.Json.Nodes.JsonArray(architecture));
        var random = new Random(5);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        var (w, b, g, n, o) = (Values(32 * 32), Values(32), Values(32), Values(32), Values(97));
        folder.AddWeights(
            ($"{dense}.weight", w, [32, 32]), ($"{dense}.bias", b, [32]), ($"{norm}.weight", g, [32]), ($"{norm}.bias", n, [32]),
            (bias, o, [97]));
        using var model = TransformerModel.Load(folder.Path, _device);
        var logits = model.Forward(Inputs(name)).Single(output => output.Name == "logits");

        using var file = SafetensorsFile.Open(folder.At("model.safetensors"));
        var words = file.ReadFloat32("embeddings.word_embeddings.weight");
        var hidden = Recorded(name, "out.last_hidden_state");
        var expected = new float[hidden.Length / 32 * 97];
        for (var row = 0; row < hidden.Length / 32; row++)
        {
            var x = Linear(w, b, hidden[(row * 32)..((row + 1) * 32)]).Select(v => 0.5 * v * (1 + Erf(v / Math.Sqrt(2)))).ToArray();
            var (mean, variance) = (x.Average(), x.Select(v => (v - x.Average()) * (v - x.Average())).Average());
            var y = x.Select((v, i) => (float)((v - mean) / Math.Sqrt(variance + 1e-12) * g[i] + n[i])).ToArray();
            Linear(words, o, y).Select(v => (float)v).ToArray().CopyTo(expected, row * 97);
        }

        Compare(name, expected, logits.Floats, Mask(name, 97));
    }

    [SkippableTheory]
    [InlineData("roberta", "RobertaForSequenceClassification", "classifier.dense", "classifier.out_proj", "tanh")]
    [InlineData("distilbert", "DistilBertForSequenceClassification", "pre_classifier", "classifier", "relu")]
    public void A_classification_head_reads_the_first_token(string name, string architecture, string first, string second, string activation)
    {
        using var folder = Copy(name);
        folder.ChangeConfig(config =>
        {
            config["architectures"] = new System.Text.Json.Nodes.JsonArray(architecture);
            config["num_labels"] = 4;
        });
        var random = new Random(6);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        var (w, b, v, c) = (Values(32 * 32), Values(32), Values(4 * 32), Values(4));
        folder.AddWeights(
            ($"{first}.weight", w, [32, 32]), ($"{first}.bias", b, [32]), ($"{second}.weight", v, [4, 32]), ($"{second}.bias", c, [4]));
        using var model = TransformerModel.Load(folder.Path, _device);
        var logits = model.Forward(Inputs(name)).Single();
        Assert.Equal([3L, 4], logits.Shape);

        var hidden = Recorded(name, "out.last_hidden_state");
        var length = hidden.Length / 32 / 3;
        var expected = Enumerable.Range(0, 3).SelectMany(s =>
        {
            var inner = Linear(w, b, hidden[(s * length * 32)..(s * length * 32 + 32)]);
            return Linear(v, c, [.. inner.Select(x => (float)(activation == "tanh" ? Math.Tanh(x) : Math.Max(0, x)))]);
        });
        Compare(name, [.. expected.Select(x => (float)x)], logits.Floats, _ => true);
    }

    [SkippableFact]
    public void Roberta_counts_positions_from_the_padding_id_over_real_tokens()
    {
        using var model = TransformerModel.Load(Fixtures.Folder("tiny/roberta"), _device);
        long[] text = [0, 17, 33, 5, 2];
        var alone = Hidden(model, text, [1, 1, 1, 1, 1]);
        var left = Hidden(model, [1, 1, .. text], [0, 0, 1, 1, 1, 1, 1]);
        Assert.Equal(alone, left[(2 * 32)..]);
        var longest = Enumerable.Repeat(5L, 64).ToArray();
        _ = Hidden(model, longest, [.. longest.Select(_ => 1L)]);
        var error = Assert.Throws<InputException>(() => Hidden(model, [.. longest, 5], [.. longest.Select(_ => 1L), 1]));
        Assert.Contains("65", error.Message, StringComparison.Ordinal);
        Assert.Contains("64", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("bert", "position_embedding_type", "\"relative_key\"")]
    [InlineData("bert", "is_decoder", "true")]
    [InlineData("roberta", "add_cross_attention", "true")]
    [InlineData("distilbert", "is_encoder_decoder", "true")]
    [InlineData("bert", "hidden_act", "\"mish\"")]
    [InlineData("bert", "quantization_config", "{\"bits\": 4}")]
    [InlineData("bert", "pruned_heads", "{\"0\": [1]}")]
    [InlineData("bert", "architectures", "[\"BertForQuestionAnswering\"]")]
    [InlineData("bert", "hidden_size", "31")]
    [InlineData("bert-classify", "id2label", "{\"0\": \"a\", \"2\": \"b\"}")]
    [InlineData("bert-classify", "problem_type", "\"ranking\"")]
    [InlineData("roberta", "position_embedding_type", "\"relative_key_query\"")]
    [InlineData("roberta", "max_position_embeddings", "2")]
    [InlineData("distilbert", "activation", "\"mish\"")]
    [InlineData("distilbert", "n_heads", "5")]
    public void A_config_that_is_not_honoured_is_refused_by_name(string name, string key, string value)
    {
        using var folder = Copy(name);
        folder.ChangeConfig(config => config[key] = System.Text.Json.Nodes.JsonNode.Parse(value));
        var error = Assert.Throws<InputException>(() => TransformerModel.Load(folder.Path, _device));
        Assert.Contains(key == "n_heads" ? "dim" : key, error.Message, StringComparison.Ordinal);
    }

    private static ModelFolder Copy(string name) => ModelFolder.Copy(Fixtures.Folder($"tiny/{name}"));

    private static ForwardInputs Inputs(string name) => ForwardInputs.Read(Path.Combine(Fixtures.Folder($"tiny/{name}"), "io.safetensors"));

    private static float[] Recorded(string name, string tensor)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Fixtures.Folder($"tiny/{name}"), "io.safetensors"));
        return file.ReadFloat32(tensor);
    }

    private static Func<int, bool> Mask(string name, int width)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Fixtures.Folder($"tiny/{name}"), "io.safetensors"));
        var mask = file.ReadInt64("in.attention_mask");
        return i => mask[i / width] != 0;
    }

    private static float[] Hidden(TransformerModel model, long[] ids, long[] mask) => model.Forward(new ForwardInputs(
        new HostTensor("input_ids", ids, 1, ids.Length),
        new HostTensor("attention_mask", mask, 1, ids.Length))).Single(o => o.Name == "last_hidden_state").Floats;

    private static void ExpectRecorded(TransformerModel model, string path)
    {
        var outputs = model.Forward(ForwardInputs.Read(path));
        using var recorded = SafetensorsFile.Open(path);
        var mask = recorded.ReadInt64("in.attention_mask");
        foreach (var stored in recorded.Tensors.Keys.Where(k => k.StartsWith("out.", StringComparison.Ordinal)))
        {
            var shape = recorded.Tensors[stored].Shape;
            var output = outputs.Single(o => o.Name == stored[4..]);
            Assert.Equal(shape, output.Shape);
            Compare(stored, recorded.ReadFloat32(stored), output.Floats, shape.Length == 3 ? i => mask[i / shape[2]] != 0 : _ => true);
        }
    }

    private static void Compare(string what, float[] expected, float[] actual, Func<int, bool> counts)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Where((_, i) => counts(i)).Max(Math.Abs);
        Assert.True(largest > 0);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                !counts(i) || Math.Abs(expected[i] - actual[i]) <= Relative * largest,
                $"{what}: element {i} is {actual[i]}, expected {expected[i]}, largest {largest}");
        }
    }

    private static double[] Linear(float[] weight, float[] bias, float[] x) =>
        [.. bias.Select((b, row) => b + x.Select((value, column) => (double)value * weight[row * x.Length + column]).Sum())];

    // Abramowitz and Stegun's 7.1.26 is too coarse here; the Taylor series converges for the small arguments of these tests.
    private static double Erf(double x)
    {
        var (term, sum) = (x, x);
        for (var n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
