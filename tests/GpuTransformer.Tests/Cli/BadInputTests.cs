using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>Each way in which input is bad: one line on standard error that names it, and the exit code.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly ModelFolder _bert = new("bert-shakespeare");
    private readonly ModelFolder _vit = new("vit-fashion");

    public void Dispose()
    {
        _bert.Dispose();
        _vit.Dispose();
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("forward")]
    [InlineData("tokens", "bert-shakespeare", "--frobnicate")]
    [InlineData("tokens", "bert-shakespeare", "a text", "--frobnicate", "1")]
    [InlineData("demo", "--model", "nobody")]
    [InlineData("devices", "--device", "gpu7")]
    [InlineData("devices", "--device", "cpu:x")]
    [InlineData("plan", "g2p", "--variant", "quick")]
    [InlineData("plan", "g2p", "--threads", "0")]
    [InlineData("plan", "g2p", "--threads", "9999")]
    public async Task Wrong_usage_is_2(params string[] arguments) => await Expect(2, "", arguments);

    [Theory]
    [InlineData("'frobnicate': there is no such command", "frobnicate")]
    [InlineData("--threads 'x': expected a whole number", "plan", "g2p", "--threads", "x")]
    [InlineData("--seed '-1': expected a whole number of at least 0", "generate", "g2p", "--ids", "[[4]]", "--seed", "-1")]
    [InlineData("--ids: expected JSON rows of ids such as [[1,2,3],[4,5]], found something else at byte", "generate", "g2p", "--ids", "[[1.5]]")]
    [InlineData("Must be one of: 'utf16' 'codepoints'", "tokens", "bert-shakespeare", "a", "--offsets", "bytes")]
    public async Task Wrong_usage_is_said_in_words_of_the_command_line(string named, params string[] arguments) => await Expect(2, named, arguments);

    [Theory]
    [InlineData("tokens")]
    [InlineData("decode")]
    [InlineData("embed")]
    [InlineData("fill-mask")]
    [InlineData("classify")]
    [InlineData("ner")]
    [InlineData("generate")]
    [InlineData("chat")]
    [InlineData("translate")]
    [InlineData("neighbours")]
    public async Task Help_has_an_example(string command)
    {
        var (code, output, error) = await Gputx.RunAsync(command, "--help");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"Example: gputx {command} ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_folder_is_3() => await Expect(3, "nowhere", "plan", "nowhere", "--device", "cpu");

    [Fact]
    public async Task Truncated_weights_are_3()
    {
        using (var file = File.OpenWrite(_bert.At("model.safetensors")))
        {
            file.SetLength(file.Length - 100);
        }

        await Expect(3, "model.safetensors", "plan", _bert.Path, "--device", "cpu");
    }

    [Fact]
    public async Task A_weight_of_another_shape_is_3()
    {
        _bert.ChangeWeights((name, values, shape) => name == "cls.predictions.bias" ? (name, values[..10], [10]) : (name, values, shape));
        await Expect(3, "cls.predictions.bias", "plan", _bert.Path, "--device", "cpu");
    }

    [Fact]
    public async Task A_missing_weight_is_3()
    {
        _bert.ChangeWeights((name, values, shape) => name == "bert.embeddings.LayerNorm.weight" ? null : (name, values, shape));
        await Expect(3, "embeddings.LayerNorm.weight", "plan", _bert.Path, "--device", "cpu");
    }

    [Fact]
    public async Task An_unknown_weight_is_3()
    {
        _bert.ChangeWeights((name, values, shape) => (name == "cls.predictions.bias" ? "cls.predictions.unbias" : name, values, shape));
        await Expect(3, "cls.predictions.unbias", "plan", _bert.Path, "--device", "cpu");
    }

    [Fact]
    public async Task A_config_that_is_not_honoured_is_3()
    {
        _bert.ChangeConfig(config => config["hidden_act"] = "mish");
        await Expect(3, "hidden_act", "plan", _bert.Path, "--device", "cpu");
    }

    [Fact]
    public async Task A_model_kind_that_is_not_supported_lists_those_that_are()
    {
        _bert.ChangeConfig(config => config["model_type"] = "hypernet");
        await Expect(3, "gpt2", "plan", _bert.Path, "--device", "cpu");
    }

    [Fact]
    public async Task An_id_beyond_the_vocabulary_is_3()
    {
        var input = _bert.Write("in.safetensors", w => w.Add("input_ids", new long[] { 2, 4096, 3 }, 1, 3));
        await Expect(3, "4096", "forward", _bert.Path, "--in", input, "--out", _bert.At("out.safetensors"), "--device", "cpu");
        Assert.False(File.Exists(_bert.At("out.safetensors")));
        Assert.Empty(Directory.GetFiles(_bert.Path, "*.partial"));
    }

    [Fact]
    public async Task A_text_longer_than_the_positions_is_3()
    {
        var input = _bert.Write("in.safetensors", w => w.Add("input_ids", new long[129], 1, 129));
        await Expect(3, "129", "forward", _bert.Path, "--in", input, "--out", _bert.At("out.safetensors"), "--device", "cpu");
    }

    [Fact]
    public async Task An_unknown_input_is_3()
    {
        var input = _bert.Write("in.safetensors", w =>
        {
            w.Add("input_ids", new long[] { 2, 3 }, 1, 2);
            w.Add("pixel_values", new float[4], 4);
        });
        await Expect(3, "pixel_values", "forward", _bert.Path, "--in", input, "--out", _bert.At("out.safetensors"), "--device", "cpu");
    }

    [Fact]
    public async Task An_image_of_another_size_is_3()
    {
        var input = _vit.Write("in.safetensors", w => w.Add("pixel_values", new float[32 * 32], 1, 1, 32, 32));
        await Expect(3, "[1, 1, 28, 28]", "forward", _vit.Path, "--in", input, "--out", _vit.At("out.safetensors"), "--device", "cpu");
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_3()
    {
        var input = _bert.Write("in.safetensors", w => w.Add("input_ids", new long[] { 2, 3 }, 1, 2));
        var output = Path.Combine(_bert.Path, "no", "such", "folder", "out.safetensors");
        await Expect(3, "out.safetensors", "forward", _bert.Path, "--in", input, "--out", output, "--device", "cpu");
    }

    [SkippableFact]
    public async Task A_device_that_is_not_there_is_4()
    {
        Skip.If(ComputeDevice.Names(Kernels.DeviceKind.Cuda).Count > 0, "this machine has a CUDA device");
        await Expect(4, "cuda", "plan", "g2p", "--device", "cuda");
    }

    [Fact]
    public async Task Unknown_tensors_named_out_are_ignored_and_outputs_are_written()
    {
        var input = _bert.Write("in.safetensors", w =>
        {
            w.Add("in.input_ids", new long[] { 2, 102, 3 }, 1, 3);
            w.Add("out.something", new float[4], 4);
        });
        var (code, _, error) = await Gputx.RunAsync("forward", _bert.Path, "--in", input, "--out", _bert.At("out.safetensors"), "--device", "cpu");
        Assert.Equal("", error);
        Assert.Equal(0, code);
        using var file = SafetensorsFile.Open(_bert.At("out.safetensors"));
        Assert.Equal([1L, 3, 4096], file.Tensors["logits"].Shape);
    }

    private static async Task Expect(int code, string named, params string[] arguments)
    {
        var (found, _, error) = await Gputx.RunAsync(arguments);
        Assert.True(found == code, $"exit code {found}, expected {code}: {error}");
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }
}
