using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>GPT-2's config.json, under Hugging Face's names.</summary>
public sealed record Gpt2Config(
    int VocabSize,
    int NEmbd,
    int NLayer,
    int NHead,
    int NInner,
    int NPositions,
    float LayerNormEpsilon,
    ActivationKind ActivationFunction,
    bool TieWordEmbeddings,
    int? EosTokenId)
{
    internal static Gpt2Config Read(ModelConfig config)
    {
        var architecture = config.Has("architectures") ? config.Texts("architectures").FirstOrDefault("") : "GPT2LMHeadModel";
        if (architecture != "GPT2LMHeadModel")
        {
            throw config.Error("architectures", "GPT2LMHeadModel", architecture);
        }

        if (config.FlagOr("scale_attn_by_inverse_layer_idx", false))
        {
            throw config.Error("scale_attn_by_inverse_layer_idx", "false", "true");
        }

        if (!config.FlagOr("scale_attn_weights", true))
        {
            throw config.Error("scale_attn_weights", "true", "false");
        }

        if (config.FlagOr("add_cross_attention", false))
        {
            throw config.Error("add_cross_attention", "false", "true");
        }

        var hidden = config.Whole("n_embd", 1, 1 << 16);
        var read = new Gpt2Config(
            config.Whole("vocab_size", 1, 1 << 24),
            hidden,
            config.Whole("n_layer", 1, 1 << 10),
            config.Whole("n_head", 1, 1 << 10),
            config.WholeOr("n_inner", 4 * hidden, 1, 1 << 20),
            config.Whole("n_positions", 1, 1 << 20),
            (float)config.NumberOr("layer_norm_epsilon", 1e-5, 0, 1),
            ActivationNames.Read(config, "activation_function", "gelu_new"),
            config.FlagOr("tie_word_embeddings", true),
            config.Has("eos_token_id") ? config.Whole("eos_token_id", 0) : null);
        return hidden % read.NHead == 0
            ? read
            : throw config.Error("n_embd", $"a multiple of n_head {read.NHead}", $"{hidden}");
    }
}

/// <summary>GPT-2 (Radford et al. 2019): a decoder with learned positions and pre-norm blocks.
/// Follows transformers/models/gpt2/modeling_gpt2.py.</summary>
public sealed class Gpt2 : CausalModel
{
    private readonly Gpt2Config _config;
    private readonly EmbeddingWeights _tokens;
    private readonly EmbeddingWeights _positions;
    private readonly Block[] _blocks;
    private readonly NormWeights _finalNorm;
    private readonly LinearWeights _head;

    private Gpt2(Gpt2Config config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        _tokens = load.Table("wte.weight", config.VocabSize, config.NEmbd);
        _positions = load.Table("wpe.weight", config.NPositions, config.NEmbd);
        _blocks = [.. Enumerable.Range(0, config.NLayer).Select(i => new Block(load, $"h.{i}", config))];
        _finalNorm = load.Norm("ln_f", config.NEmbd, config.LayerNormEpsilon);
        _head = load.Tied(
            "lm_head", config.TieWordEmbeddings ? "wte.weight" : "lm_head.weight", null, config.NEmbd, config.VocabSize);
    }

    /// <summary>The config.</summary>
    public Gpt2Config Config => _config;

    /// <inheritdoc/>
    public override string Architecture => "GPT2LMHeadModel";

    /// <inheritdoc/>
    public override int VocabularySize => _config.VocabSize;

    /// <inheritdoc/>
    public override int MaxTargetLength => _config.NPositions;

    internal static Gpt2 Load(ModelConfig config, ComputeDevice device)
    {
        var read = Gpt2Config.Read(config);
        using var store = config.OpenWeights("", "transformer.");
        var load = new WeightLoader(store, device);
        var model = new Gpt2(read, load, device, config.Folder);

        // Old checkpoints keep the causal mask as buffers, and a second copy of the tied output layer.
        load.Pack("*.attn.bias", "*.attn.masked_bias", "lm_head.weight");
        return model;
    }

    /// <summary>Logits of the token that follows the ids.</summary>
    /// <returns>[vocab_size].</returns>
    public float[] NextLogits(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using var decoding = Start(new DecodingRequest([[.. ids]], 1, ids.Count));
        return decoding.Logits(0).ToArray();
    }

    internal override GraphTensor BuildHidden(GraphBuilder graph, CausalSpace space)
    {
        var tokens = space.Tokens;
        var x = graph.Embedding("wte", tokens.Rows, tokens.Ids, _tokens, 1f, (tokens.Positions, _positions));
        foreach (var block in _blocks)
        {
            x = block.Build(graph, x, tokens);
        }

        return x;
    }

    internal override GraphTensor BuildLogits(GraphBuilder graph, GraphTensor hidden) =>
        graph.Linear("lm_head", graph.LayerNorm("ln_f", hidden, _finalNorm), _head);

    /// <summary>One block; the names are the checkpoint's.</summary>
    private sealed class Block(WeightLoader load, string name, Gpt2Config config)
    {
        private readonly NormWeights _norm1 = load.Norm($"{name}.ln_1", config.NEmbd, config.LayerNormEpsilon);
        private readonly SelfAttention _attention = new(
            load.Conv1D($"{name}.attn.c_attn", config.NEmbd, 3 * config.NEmbd),
            load.Conv1D($"{name}.attn.c_proj", config.NEmbd, config.NEmbd),
            config.NHead);

        private readonly NormWeights _norm2 = load.Norm($"{name}.ln_2", config.NEmbd, config.LayerNormEpsilon);
        private readonly FeedForwardLayer _feedForward = new(
            load.Conv1D($"{name}.mlp.c_fc", config.NEmbd, config.NInner),
            load.Conv1D($"{name}.mlp.c_proj", config.NInner, config.NEmbd),
            config.ActivationFunction);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            var normed = graph.LayerNorm($"{name}.ln_1", x, _norm1);
            x = _attention.Build(graph, $"{name}.attn", normed, x, space, persistent: true);
            return _feedForward.Build(graph, $"{name}.mlp", graph.LayerNorm($"{name}.ln_2", x, _norm2), x);
        }
    }
}
