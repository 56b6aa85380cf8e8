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
    bool ScaleAttnWeights,
    bool ScaleAttnByInverseLayerIdx)
{
    internal static Gpt2Config Read(ModelConfig config)
    {
        var architecture = config.Has("architectures") ? config.Texts("architectures").FirstOrDefault("") : "GPT2LMHeadModel";
        if (architecture != "GPT2LMHeadModel")
        {
            throw config.Error("architectures", "GPT2LMHeadModel", architecture);
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
            config.FlagOr("scale_attn_weights", true),
            config.FlagOr("scale_attn_by_inverse_layer_idx", false));
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
        var (tokens, head) = load.TiedNames("wte.weight", "lm_head.weight", config.TieWordEmbeddings);
        _tokens = load.TokenTable(tokens, config.VocabSize, config.NEmbd);
        _positions = load.Table("wpe.weight", config.NPositions, config.NEmbd);
        _blocks = [.. Enumerable.Range(0, config.NLayer).Select(i => new Block(load, i, config))];
        _finalNorm = load.Norm("ln_f", config.NEmbd, config.LayerNormEpsilon);
        _head = load.Tied("lm_head", head, null, config.NEmbd, config.VocabSize);
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
        var load = new WeightLoader(store, device, config.Options);
        var model = new Gpt2(read, load, device, config.Folder);

        // Old checkpoints keep the causal mask as buffers.
        load.Pack("*.attn.bias", "*.attn.masked_bias");
        return model;
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
    private sealed class Block
    {
        private readonly string _name;
        private readonly NormWeights _norm1;
        private readonly SelfAttention _attention;
        private readonly NormWeights _norm2;
        private readonly FeedForwardLayer _feedForward;

        public Block(WeightLoader load, int index, Gpt2Config config)
        {
            _name = $"h.{index}";
            var (hidden, inner) = (config.NEmbd, config.NInner);
            var scale = config.ScaleAttnWeights ? 1 / Math.Sqrt(hidden / config.NHead) : 1;
            _norm1 = load.Norm($"{_name}.ln_1", hidden, config.LayerNormEpsilon);
            _attention = new SelfAttention(
                load.Conv1D($"{_name}.attn.c_attn", hidden, 3 * hidden), load.Conv1D($"{_name}.attn.c_proj", hidden, hidden), config.NHead)
            {
                Scale = (float)(config.ScaleAttnByInverseLayerIdx ? scale / (index + 1) : scale),
            };
            _norm2 = load.Norm($"{_name}.ln_2", hidden, config.LayerNormEpsilon);
            _feedForward = new FeedForwardLayer(
                load.Conv1D($"{_name}.mlp.c_fc", hidden, inner), load.Conv1D($"{_name}.mlp.c_proj", inner, hidden), config.ActivationFunction);
        }

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            var normed = graph.LayerNorm($"{_name}.ln_1", x, _norm1);
            x = _attention.Build(graph, $"{_name}.attn", normed, x, space, persistent: true);
            return _feedForward.Build(graph, $"{_name}.mlp", graph.LayerNorm($"{_name}.ln_2", x, _norm2), x);
        }
    }
}
