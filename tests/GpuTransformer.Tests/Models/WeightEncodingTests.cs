using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Cli;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Weights as a file stores them answer with the bits that float32 weights give; encodings that are asked for
/// answer as well as their rounding allows.</summary>
public sealed class WeightEncodingTests
{
    [SkippableTheory]
    [InlineData("bert-bf16-sharded", "BF16")]
    [InlineData("bert-old-names", "F16")]
    [InlineData("gpt2-old-names", "F16")]
    [InlineData("gguf-llama", null)]
    [InlineData("gguf-qwen2", null)]
    [InlineData("llama", "F32")]
    public void Stored_weights_give_the_bits_of_float32(string name, string? encoding)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        var inputs = ForwardInputs.Read(Path.Combine(folder, "io.safetensors"));
        using var device = ComputeDevice.Open("cpu");
        var (stored, weights) = Answers(folder, device, inputs, new LoadOptions());
        var (widened, all) = Answers(folder, device, inputs, new LoadOptions { Weights = WeightEncoding.F32 });
        Assert.Equal(widened, stored);
        Assert.All(all.Where(w => w.Kind == "matrix"), w => Assert.Equal("F32", w.Encoding));
        Assert.All(weights.Where(w => w.Kind == "matrix" && encoding is not null), w => Assert.Equal(encoding, w.Encoding));
        Assert.Contains(weights, w => encoding == "F32" || w.Encoding != "F32");
    }

    [Theory]
    [InlineData("g2p")]
    [InlineData("g2p-nat")]
    [InlineData("gpt2-shakespeare")]
    [InlineData("bert-shakespeare")]
    [InlineData("vit-fashion")]
    public void Stored_weights_of_shipped_models_are_float16_and_give_the_bits_of_float32(string name)
    {
        using var device = ComputeDevice.Open("cpu");
        Assert.Equal(Shipped(name, device, new LoadOptions { Weights = WeightEncoding.F32 }), Shipped(name, device, new LoadOptions()));
        using var model = TransformerModel.Load(Fixtures.Model(name), device);

        // Convolutions take float32 on every device, patches' among them.
        Assert.All(
            model.Weights().Where(w => w.Kind == "matrix"),
            w => Assert.Equal(w.Name == "embeddings.patch_embeddings.projection" ? "F32" : "F16", w.Encoding));
    }

    // Of the largest absolute output: what rounding each weight once brings about in these small models, with some room.
    [Theory]
    [InlineData(WeightEncoding.F16, 1e-9)]
    [InlineData(WeightEncoding.BF16, 0.02)]
    [InlineData(WeightEncoding.Q8_0, 0.05)]
    [InlineData(WeightEncoding.Q4_0, 0.6)]
    public void Encodings_cost_what_their_rounding_costs(WeightEncoding encoding, double tolerance)
    {
        using var device = ComputeDevice.Open("cpu");
        foreach (var name in new[] { "g2p-nat", "gpt2-shakespeare", "bert-shakespeare", "vit-fashion" })
        {
            var expected = Shipped(name, device, new LoadOptions { Weights = WeightEncoding.F32 });
            var actual = Shipped(name, device, new LoadOptions { Weights = encoding });
            var largest = expected.Max(Math.Abs);
            var worst = expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second)) / largest;
            Assert.True(worst <= tolerance, $"{name} {encoding}: {worst:0.0e+0} of the largest output");
            Assert.True(encoding == WeightEncoding.F16 || worst > 0, $"{name} {encoding}: nothing was rounded");
        }
    }

    [Fact]
    public void A_number_that_float16_cannot_hold_is_refused_by_name()
    {
        using var folder = new ModelFolder("g2p-nat");
        folder.ChangeWeights((name, values, shape) => (name, name == "generator.weight" ? [70_000f, .. values[1..]] : values, shape));
        using var device = ComputeDevice.Open("cpu");
        var error = Assert.Throws<InputException>(
            () => TransformerModel.Load(folder.Path, device, new LoadOptions { Weights = WeightEncoding.F16 }));
        Assert.Contains("generator.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("70000", error.Message, StringComparison.Ordinal);
        TransformerModel.Load(folder.Path, device).Dispose();
    }

    [Fact]
    public void Encodings_that_only_files_have_cannot_be_asked_for()
    {
        Assert.Throws<ArgumentException>(() => new LoadOptions { Weights = WeightEncoding.Q4_K });
        Assert.Throws<ArgumentException>(() => new LoadOptions { Weights = (WeightEncoding)99 });
    }

    [Fact]
    public void A_tied_output_layer_is_packed_once_and_its_table_is_the_mapped_file()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(Fixtures.Model("gpt2-shakespeare"), device);
        var table = Assert.Single(model.Weights(), w => w is { Kind: "table", IsMapped: true });
        var head = Assert.Single(model.Weights(), w => w.Kind == "matrix" && w.Rows == table.Rows);
        Assert.Equal((table.Columns, "F16", "F16"), (head.Columns, head.Encoding, table.Encoding));
        Assert.Equal(2L * table.Rows * table.Columns, table.Bytes);
    }

    [Theory]
    [InlineData("--weights", "q5_1")]
    [InlineData("--activations", "int4")]
    public async Task Unknown_encodings_are_usage_errors(string option, string value)
    {
        var (code, _, error) = await Gputx.RunAsync("fill-mask", "bert-shakespeare", "good [MASK]", option, value);
        Assert.Equal(2, code);
        Assert.Contains(value, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_shows_how_weights_are_kept()
    {
        var (code, output, error) = await Gputx.RunAsync("plan", "bert-shakespeare", "--weights", "q4_0");
        Assert.True(code == 0, error);
        Assert.Matches(@"encoder\.layer\.0\.output\.dense +matrix +Q4_0 +160x640", output);
        Assert.Matches(@"encoder\.layer\.0\.down +MatMul .*ᵀ Q4_0 ", output);
        Assert.Matches(@"embeddings\.word_embeddings\.weight +table +F16 .* mapped", output);
    }

    private static (float[] Outputs, IReadOnlyList<WeightReport> Weights) Answers(
        string folder, ComputeDevice device, ForwardInputs inputs, LoadOptions options)
    {
        using var model = TransformerModel.Load(folder, device, options);
        return ([.. model.Forward(inputs).SelectMany(output => output.Floats)], model.Weights());
    }

    private static float[] Shipped(string name, ComputeDevice device, LoadOptions options)
    {
        using var model = TransformerModel.Load(Fixtures.Model(name), device, options);
        var inputs = name switch
        {
            "vit-fashion" => new ForwardInputs(new HostTensor(
                "pixel_values", [.. Enumerable.Range(0, 28 * 28).Select(i => MathF.Sin(i * 0.3f))], 1, 1, 28, 28)),
            "g2p-nat" => new ForwardInputs(Ids("input_ids", 4, 23, 2)),
            "g2p" => new ForwardInputs(Ids("input_ids", 4, 23, 2), Ids("decoder_input_ids", 1, 9, 59)),
            _ => new ForwardInputs(Ids("input_ids", [.. model.Tokenizer.Encode("good my lord, what news?").Ids])),
        };
        return [.. model.Forward(inputs).SelectMany(output => output.Floats)];
    }

    private static HostTensor Ids(string name, params int[] ids) => new(name, [.. ids.Select(id => (long)id)], 1, ids.Length);
}
