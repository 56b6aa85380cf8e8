using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tests.Weights.Gguf;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Checkpoints of Hugging Face's, put into GGUF files the way llama.cpp's converter does it (names, rows of
/// queries and keys, factors of rotations as a tensor), give the answers recorded for them.</summary>
public sealed class GgufConversionTests : IDisposable
{
    private const double Relative = 2e-5;
    private const float Epsilon = 1e-6f;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("llama", "llama")]
    [InlineData("llama3-rope", "llama")]
    [InlineData("llama-linear", "llama")]
    [InlineData("llama-yarn", "llama")]
    [InlineData("qwen2", "qwen2")]
    [InlineData("qwen3", "qwen3")]
    public void Converted_checkpoints_answer_as_recorded(string name, string architecture)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        var path = _folder.Write("converted.gguf", Convert(folder, architecture));
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(path, device);
        var io = Path.Combine(folder, "io.safetensors");
        using var recorded = SafetensorsFile.Open(io);
        var expected = recorded.ReadFloat32("out.logits");
        var actual = model.Forward(ForwardInputs.Read(io))[0].Floats;
        var largest = expected.Max(Math.Abs);
        var worst = expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(worst <= Relative * largest, $"{name}: {worst / largest:0.0e+0} of the largest logit");
    }

    private static byte[] Convert(string folder, string architecture)
    {
        var config = ModelConfig.Load(folder);
        var heads = config.Whole("num_attention_heads");
        var keyValueHeads = config.Whole("num_key_value_heads");
        var rope = config.Section("rope_parameters")!;
        var headSize = config.WholeOr("head_dim", config.Whole("hidden_size") / heads);
        var file = new GgufBuilder().Text("general.architecture", architecture)
            .UInt32($"{architecture}.context_length", (uint)config.Whole("max_position_embeddings"))
            .UInt32($"{architecture}.embedding_length", (uint)config.Whole("hidden_size"))
            .UInt32($"{architecture}.block_count", (uint)config.Whole("num_hidden_layers"))
            .UInt32($"{architecture}.feed_forward_length", (uint)config.Whole("intermediate_size"))
            .UInt32($"{architecture}.attention.head_count", (uint)heads)
            .UInt32($"{architecture}.attention.head_count_kv", (uint)keyValueHeads)
            .UInt32($"{architecture}.attention.key_length", (uint)headSize)
            .UInt32($"{architecture}.attention.value_length", (uint)headSize)
            .UInt32($"{architecture}.rope.dimension_count", (uint)headSize)
            .Float32($"{architecture}.attention.layer_norm_rms_epsilon", Epsilon)
            .Float32($"{architecture}.rope.freq_base", (float)rope.Number("rope_theta"));
        Scale(file, rope, architecture, headSize);
        using var weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        foreach (var (name, info) in weights.Tensors)
        {
            var values = weights.ReadFloat32(name);
            var grouped = name.Contains("q_proj") ? heads : name.Contains("k_proj") ? keyValueHeads : 0;
            if (architecture == "llama" && grouped > 0)
            {
                values = Interleave(values, (int)info.Shape[0], grouped);
            }

            file.Tensor(GgufNames.ToGguf(name), values, [.. info.Shape.Reverse().Select(size => (ulong)size)]);
        }

        return file.Build();
    }

    private static void Scale(GgufBuilder file, JsonObject rope, string architecture, int headSize)
    {
        var type = rope.Text("rope_type");
        if (type is "linear" or "yarn")
        {
            file.Text($"{architecture}.rope.scaling.type", type)
                .Float32($"{architecture}.rope.scaling.factor", (float)rope.Number("factor"));
        }

        if (type == "yarn")
        {
            file.UInt32(
                $"{architecture}.rope.scaling.original_context_length", (uint)rope.Whole("original_max_position_embeddings"));
        }

        if (type == "llama3")
        {
            file.Tensor("rope_freqs.weight", Factors(rope, headSize), (ulong)headSize / 2);
        }
    }

    // What each frequency is divided by: generate_extra_tensors of convert_hf_to_gguf.py, from the paper on Llama 3.
    private static float[] Factors(JsonObject rope, int headSize)
    {
        var original = rope.Number("original_max_position_embeddings");
        var (low, high, factor) = (rope.Number("low_freq_factor"), rope.Number("high_freq_factor"), rope.Number("factor"));
        return [.. Enumerable.Range(0, headSize / 2).Select(i =>
        {
            var wave = 2 * Math.PI * Math.Pow(rope.Number("rope_theta"), 2.0 * i / headSize);
            var smooth = Math.Clamp(((original / wave) - low) / (high - low), 0, 1);
            return (float)(1 / (((1 - smooth) / factor) + smooth));
        })];
    }

    // (heads, 2, half) to (heads, half, 2), row by row.
    private static float[] Interleave(float[] values, int rows, int heads)
    {
        var width = values.Length / rows;
        var half = rows / heads / 2;
        var moved = new float[values.Length];
        for (var row = 0; row < rows; row++)
        {
            var (head, within) = Math.DivRem(row, 2 * half);
            var (part, i) = Math.DivRem(within, half);
            values.AsSpan(row * width, width).CopyTo(moved.AsSpan((head * 2 * half + 2 * i + part) * width));
        }

        return moved;
    }
}
