using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights.Gguf;

/// <summary>A GGUF file as a config and weights of Hugging Face's.</summary>
public sealed class GgufConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("tiny/gguf-llama", "llama", "LlamaForCausalLM", false)]
    [InlineData("tiny/gguf-qwen2", "qwen2", "Qwen2ForCausalLM", true)]
    public void FixturesHaveHuggingFacesKeysAndNames(string fixture, string type, string architecture, bool bias)
    {
        ModelConfig config = ModelConfig.Load(Fixtures.Folder(fixture));
        Assert.Equal(type, config.ModelType);
        Assert.Equal([architecture], config.Texts("architectures"));
        Assert.Equal([256, 1, 4, 2, 64, 512, 128, 64], new[]
        {
            "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
            "intermediate_size", "max_position_embeddings", "vocab_size",
        }.Select(key => config.Whole(key)));
        Assert.Equal(1e-5, config.Number("rms_norm_eps"));
        Assert.Equal(10_000, config.Section("rope_parameters")!.Number("rope_theta"));
        Assert.Equal("default", config.Section("rope_parameters")!.Text("rope_type"));
        Assert.False(config.Flag("tie_word_embeddings"));
        Assert.Equal(bias, config.Flag("attention_bias"));
        using WeightStore store = config.OpenWeights("");
        string[] names =
        [
            "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight", "model.layers.0.input_layernorm.weight",
            "model.layers.0.post_attention_layernorm.weight", "model.layers.0.self_attn.o_proj.weight",
            "model.layers.0.mlp.gate_proj.weight", "model.layers.0.mlp.up_proj.weight",
            "model.layers.0.mlp.down_proj.weight",
            .. new[] { "q", "k", "v" }.Select(part => $"model.layers.0.self_attn.{part}_proj.weight"),
            .. bias ? new[] { "q", "k", "v" }.Select(part => $"model.layers.0.self_attn.{part}_proj.bias") : [],
        ];
        Assert.Equal(names.Order(), store.UnusedNames.Order());
        Assert.False(store.Has("blk.0.attn_q.weight"));
        Assert.Equal(64 * 256, store.Require("model.embed_tokens.weight", 64, 256).ReadFloat32().Length);
    }

    [Fact]
    public void RowsOfQueriesAndKeysComeBackInHuggingFacesOrderForLlamaAlone()
    {
        // Two heads of 4 rows: rows 0 1 of the first half and 2 3 of the second are stored as 0 2 1 3.
        using WeightStore llama = Store("llama");
        Assert.Equal([0, 2, 1, 3, 4, 6, 5, 7], FirstColumn(llama.Require("model.layers.0.self_attn.q_proj.weight", 8, 8)));
        Assert.Equal([0, 2, 1, 3, 4, 6, 5, 7], llama.Require("model.layers.0.self_attn.q_proj.bias", 8).ReadFloat32());
        Assert.Equal([0, 2, 1, 3], FirstColumn(llama.Require("model.layers.0.self_attn.k_proj.weight", 4, 8)));
        Assert.Equal([0, 1, 2, 3], FirstColumn(llama.Require("model.layers.0.self_attn.v_proj.weight", 4, 8)));
        using WeightStore qwen2 = Store("qwen2");
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], FirstColumn(qwen2.Require("model.layers.0.self_attn.q_proj.weight", 8, 8)));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], qwen2.Require("model.layers.0.self_attn.q_proj.bias", 8).ReadFloat32());
    }

    [Fact]
    public void ReorderedRowsAreReadFromAnyElement()
    {
        using WeightStore store = Store("llama");
        WeightSource query = store.Require("model.layers.0.self_attn.q_proj.weight", 8, 8);
        float[] whole = query.ReadFloat32();
        var part = new float[21];
        query.CopyFloat32(5, part);
        Assert.Equal(whole[5..26], part);
        Assert.Equal(4 * 8, query.Bytes(8, 8).Length);
        Assert.Throws<ShapeException>(() => query.Bytes(8, 9).Length);
    }

    [Fact]
    public void ScalingOfRotationsIsCarriedOver()
    {
        JsonOf("linear", Model("llama").Text("llama.rope.scaling.type", "linear").Float32("llama.rope.scaling.factor", 4), 4);
        JsonOf("linear", Model("llama").Float32("llama.rope.scaling.factor", 4), 4);
        JsonOf("linear", Model("llama").Float32("llama.rope.scale_linear", 8), 8);
        JsonOf("default", Model("llama").Text("llama.rope.scaling.type", "none").Float32("llama.rope.scaling.factor", 4), 0);
        JsonOf("default", Model("llama").Text("llama.rope.scaling.type", "linear"), 0);
        var yarn = JsonOf("yarn", Model("qwen2").Text("qwen2.rope.scaling.type", "yarn")
            .Float32("qwen2.rope.scaling.factor", 4).UInt32("qwen2.rope.scaling.original_context_length", 32), 4);
        Assert.Equal(32, yarn.Whole("original_max_position_embeddings"));
    }

    [Fact]
    public void OutputThatIsAbsentIsTiedAndStopsAreListed()
    {
        ModelConfig config = Load(Model("llama").UInt32("tokenizer.ggml.bos_token_id", 1)
            .UInt32("tokenizer.ggml.eos_token_id", 2).UInt32("tokenizer.ggml.eot_token_id", 0)
            .UInt32("tokenizer.ggml.eom_token_id", 2));
        Assert.True(config.Flag("tie_word_embeddings"));
        Assert.Equal(1, config.Whole("bos_token_id"));
        Assert.Equal([2, 0], config.Wholes("eos_token_id"));
    }

    [Fact]
    public void AFolderOfPartsIsNamedSo()
    {
        _folder.Write("m-00001-of-00002.gguf", Model("llama").Build());
        _folder.Write("m-00002-of-00002.gguf", Model("llama").Build());
        string message = Assert.Throws<InputException>(() => ModelConfig.Load(_folder.Path)).Message;
        Assert.Contains("one part of a split GGUF model", message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutATokenizerTheEmbeddingHasAsManyRowsAsThereAreIds() =>
        Assert.Equal(3, Load(Model("llama").Without("tokenizer.ggml.tokens")).Whole("vocab_size"));

    [Fact]
    public void AFolderMayHoldOneFile()
    {
        byte[] bytes = Model("llama").Build();
        _folder.Write("one.gguf", bytes);
        Assert.Equal("llama", ModelConfig.Load(_folder.Path).ModelType);
        Assert.Equal("llama", ModelConfig.Load(_folder.File("one.gguf")).ModelType);
        _folder.Write("two.GGUF", bytes);
        string message = Assert.Throws<InputException>(() => ModelConfig.Load(_folder.Path)).Message;
        Assert.Contains("one.gguf, two.GGUF", message, StringComparison.Ordinal);
        Assert.Equal("llama", ModelConfig.Load(_folder.File("two.GGUF")).ModelType);
        Assert.Equal("llama", ModelConfig.Load(_folder.Write("sha256-00", bytes)).ModelType);
        Assert.Throws<InputException>(() => ModelConfig.Load(_folder.Write("sha256-01", [1, 2, 3])));
        _folder.Write("config.json", """{"model_type": "bert"}""");
        Assert.Equal("bert", ModelConfig.Load(_folder.Path).ModelType);
    }

    internal static GgufBuilder Model(string architecture)
    {
        static float[] Rows(int rows) => [.. Enumerable.Range(0, rows * 8).Select(i => i % 8 == 0 ? i / 8 : 0.5f)];
        static float[] Order(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];
        return new GgufBuilder().Text("general.architecture", architecture)
            .UInt32($"{architecture}.context_length", 128).UInt32($"{architecture}.embedding_length", 8)
            .UInt32($"{architecture}.block_count", 1).UInt32($"{architecture}.feed_forward_length", 8)
            .UInt32($"{architecture}.attention.head_count", 2).UInt32($"{architecture}.attention.head_count_kv", 1)
            .Float32($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f)
            .Texts("tokenizer.ggml.tokens", "a", "b", "c")
            .Tensor("token_embd.weight", Rows(3), 8, 3).Tensor("output_norm.weight", Order(8), 8)
            .Tensor("blk.0.attn_q.weight", Rows(8), 8, 8).Tensor("blk.0.attn_q.bias", Order(8), 8)
            .Tensor("blk.0.attn_k.weight", Rows(4), 8, 4).Tensor("blk.0.attn_v.weight", Rows(4), 8, 4);
    }

    private static float[] FirstColumn(WeightSource source) =>
        [.. source.ReadFloat32().Where((_, i) => i % 8 == 0)];

    private GpuTransformer.Weights.Json.JsonObject JsonOf(string type, GgufBuilder builder, double factor)
    {
        var rope = Load(builder).Section("rope_parameters")!;
        Assert.Equal(type, rope.Text("rope_type"));
        Assert.Equal(factor, rope.NumberOr("factor", 0));
        return rope;
    }

    private ModelConfig Load(GgufBuilder builder) => ModelConfig.Load(_folder.Write("a.gguf", builder.Build()));

    private WeightStore Store(string architecture) => Load(Model(architecture)).OpenWeights();
}
