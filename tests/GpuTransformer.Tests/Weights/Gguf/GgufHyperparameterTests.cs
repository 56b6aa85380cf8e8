using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;
using Xunit;

namespace GpuTransformer.Tests.Weights.Gguf;

/// <summary>Hyperparameters of a GGUF file that lie are found before the first tensor is read, and named.</summary>
public sealed class GgufHyperparameterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("block_count", 0u)]
    [InlineData("block_count", 2u)]
    [InlineData("block_count", 513u)]
    [InlineData("block_count", 0x80000000u)]
    [InlineData("attention.head_count", 0u)]
    [InlineData("attention.head_count", 3u)]
    [InlineData("attention.head_count", 8u)] // Heads of one number cannot be rotated.
    [InlineData("attention.head_count", 0x80000000u)]
    [InlineData("attention.head_count_kv", 0u)]
    [InlineData("attention.head_count_kv", 3u)]
    [InlineData("embedding_length", 0u)]
    [InlineData("embedding_length", uint.MaxValue)]
    [InlineData("feed_forward_length", 0u)]
    [InlineData("feed_forward_length", uint.MaxValue)]
    [InlineData("context_length", 0u)]
    [InlineData("context_length", 0x80000000u)]
    [InlineData("vocab_size", 2u)]
    [InlineData("vocab_size", 4u)]
    [InlineData("vocab_size", 0u)]
    [InlineData("attention.key_length", 0u)]
    [InlineData("attention.key_length", 3u)]
    [InlineData("attention.value_length", 8u)]
    [InlineData("rope.dimension_count", 2u)]
    [InlineData("expert_count", 8u)]
    [InlineData("attention.sliding_window", 4096u)]
    public void WholeNumbers(string part, uint value) =>
        MustRefuse(With($"llama.{part}", GgufValueType.U32, GgufBuilder.Bytes(value)), $"llama.{part}");

    [Theory]
    [InlineData("attention.layer_norm_rms_epsilon", float.NaN)]
    [InlineData("attention.layer_norm_rms_epsilon", -1f)]
    [InlineData("attention.layer_norm_rms_epsilon", float.PositiveInfinity)]
    [InlineData("rope.freq_base", 0f)]
    [InlineData("rope.freq_base", float.NaN)]
    [InlineData("rope.scaling.factor", float.PositiveInfinity)]
    [InlineData("rope.scaling.attn_factor", 2f)]
    [InlineData("logit_scale", 0.5f)]
    [InlineData("attention.clamp_kqv", 8f)]
    [InlineData("some.new_key", 1f)]
    public void RealNumbers(string part, float value) =>
        MustRefuse(With($"llama.{part}", GgufValueType.F32, BitConverter.GetBytes(value)), $"llama.{part}");

    [Theory]
    [InlineData("tokenizer.ggml.bos_token_id", 3u)]
    [InlineData("tokenizer.ggml.eos_token_id", uint.MaxValue)]
    [InlineData("tokenizer.ggml.padding_token_id", 100u)]
    [InlineData("tokenizer.ggml.unknown_token_id", 100u)]
    [InlineData("tokenizer.ggml.eot_token_id", 100u)]
    [InlineData("split.count", 2u)]
    public void IdsAndParts(string key, uint value) => MustRefuse(With(key, GgufValueType.U32, GgufBuilder.Bytes(value)), key);

    [Theory]
    [InlineData("general.architecture", "mamba", "llama, qwen2, qwen3")]
    [InlineData("general.type", "adapter", "\"model\"")]
    [InlineData("llama.rope.scaling.type", "longrope", "none, linear, yarn")]
    public void Kinds(string key, string value, string mention) =>
        MustRefuse(With(key, GgufValueType.Text, GgufBuilder.String(value)), key, mention);

    [Theory]
    [InlineData("general.architecture")]
    [InlineData("llama.embedding_length")]
    [InlineData("llama.block_count")]
    [InlineData("llama.attention.head_count")]
    [InlineData("llama.attention.layer_norm_rms_epsilon")]
    public void WhatIsMissingIsNamed(string key) => MustRefuse(With(key, GgufValueType.U32, []), $"\"{key}\" is missing");

    [Fact]
    public void LayersOfDifferentSizesAreRefused()
    {
        byte[] different = [.. GgufBuilder.Bytes(5), .. BitConverter.GetBytes(2UL), .. new byte[] { 8, 0, 0, 0, 9, 0, 0, 0 }];
        MustRefuse(With("llama.feed_forward_length", GgufValueType.Array, different), "llama.feed_forward_length", "every layer");
        byte[] same = [.. GgufBuilder.Bytes(5), .. BitConverter.GetBytes(2UL), .. new byte[] { 8, 0, 0, 0, 8, 0, 0, 0 }];
        Assert.Equal(8, ModelConfig.Load(_folder.Write("a.gguf", With("llama.feed_forward_length", GgufValueType.Array, same)))
            .Whole("intermediate_size"));
    }

    [Fact]
    public void KeysThatChangeNothingAreTaken()
    {
        byte[] file = With("llama.expert_count", GgufValueType.U32, GgufBuilder.Bytes(0));
        Assert.Equal("llama", ModelConfig.Load(_folder.Write("a.gguf", file)).ModelType);
        file = With("general.author", GgufValueType.Text, GgufBuilder.String("nobody"));
        Assert.Equal("llama", ModelConfig.Load(_folder.Write("a.gguf", file)).ModelType);
    }

    [Fact]
    public void RowsThatAreNotHeadsAreRefused()
    {
        byte[] file = GgufConfigTests.Model("llama").Tensor("blk.0.attn_k.bias", [1, 2, 3], 3).Build();
        ModelConfig config = ModelConfig.Load(_folder.Write("a.gguf", file));
        using WeightStore store = config.OpenWeights("");
        HostileRun.MustRefuse(() => store.Require("model.layers.0.self_attn.k_proj.bias", 3), file.Length, "attn_k.bias", "heads");
    }

    // The model with one key that is other, added, or (no bytes) absent.
    private static byte[] With(string key, GgufValueType type, byte[] value) =>
        GgufConfigTests.Model("llama").Without(key).AddUnlessEmpty(key, type, value).Build();

    private void MustRefuse(byte[] file, params string[] mentions)
    {
        string path = _folder.Write("a.gguf", file);
        HostileRun.MustRefuse(() => ModelConfig.Load(path), file.Length, [path, .. mentions]);
    }
}
