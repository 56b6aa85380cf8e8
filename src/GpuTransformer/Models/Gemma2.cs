using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Gemma 2's config.json, under Hugging Face's names.</summary>
public sealed record Gemma2Config : DecoderConfig
{
    private static readonly DecoderDefaults s_usual = new(8192)
    {
        NumKeyValueHeads = 4,
        HeadDim = 256,
        TieWordEmbeddings = true,
        ActivationKey = "hidden_activation",
        Activation = "gelu_pytorch_tanh",
    };

    internal Gemma2Config(ModelConfig config)
        : base(config, "Gemma2ForCausalLM", s_usual)
    {
        if (config.FlagOr("use_bidirectional_attention", false))
        {
            throw config.Error("use_bidirectional_attention", "false", "true");
        }

        AttentionBias = config.FlagOr("attention_bias", false);
        QueryPreAttnScalar = config.NumberOr("query_pre_attn_scalar", 256, double.Epsilon);
        AttnLogitSoftcapping = Cap(config, "attn_logit_softcapping", 50);
        FinalLogitSoftcapping = Cap(config, "final_logit_softcapping", 30);
        var window = Window(config, 4096);
        IsSliding = LayerTypes(config, window, layer => layer % 2 == 0);
        SlidingWindow = IsSliding.Contains(true) ? window : null;
    }

    /// <summary>Whether the projections of attention have biases.</summary>
    public bool AttentionBias { get; }

    /// <summary>Scores are divided by its root.</summary>
    public double QueryPreAttnScalar { get; }

    /// <summary>What no score exceeds; null: no cap.</summary>
    public double? AttnLogitSoftcapping { get; }

    /// <summary>What no logit exceeds; null: no cap.</summary>
    public double? FinalLogitSoftcapping { get; }

    private static double? Cap(ModelConfig config, string key, double usual) =>
        config.Has(key) ? config.Number(key, 1e-6, 1e9) : config.Keys.Contains(key) ? null : usual;
}

/// <summary>Gemma 2 (Gemma Team 2024, arXiv:2408.00118): a norm before and after each part, soft caps on scores and logits,
/// every other layer with a sliding window. Follows transformers/models/gemma2/modeling_gemma2.py.</summary>
public sealed class Gemma2 : CausalModel
{
    private readonly EmbeddingWeights _tokens;
    private readonly Block[] _blocks;
    private readonly NormWeights _norm;
    private readonly LinearWeights _head;

    private Gemma2(Gemma2Config config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        Config = config;
        Rotary = new RotaryEmbedding(config.Rope, config.HeadDim, load.Optional("rope_freqs.weight", config.HeadDim / 2));
        var (tokens, head) = load.TiedNames("embed_tokens.weight", "lm_head.weight", config.TieWordEmbeddings);
        _tokens = load.TokenTable(tokens, config.VocabSize, config.HiddenSize);
        _blocks = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(
            i => new Block(load, $"layers.{i}", config, config.IsSliding[i]))];
        _norm = load.RmsNorm("norm", config.HiddenSize, config.RmsNormEps, shift: 1f);
        _head = load.Tied("lm_head", head, null, config.HiddenSize, config.VocabSize);
    }

    /// <summary>The config.</summary>
    public Gemma2Config Config { get; }

    /// <inheritdoc/>
    public override string Architecture => "Gemma2ForCausalLM";

    /// <inheritdoc/>
    public override int VocabularySize => Config.VocabSize;

    /// <inheritdoc/>
    public override int MaxTargetLength => Config.MostPositions;

    // A rotation is defined beyond the positions that a model was trained on.
    internal override int LongestForward => int.MaxValue;

    internal override RotaryEmbedding Rotary { get; }

    internal override int? SlidingWindow => Config.SlidingWindow;

    internal static Gemma2 Load(ModelConfig config, ComputeDevice device)
    {
        var read = new Gemma2Config(config);
        return RotaryDecoder.Load(config, device, load => new Gemma2(read, load, device, config.Folder));
    }

    internal override GraphTensor BuildHidden(GraphBuilder graph, CausalSpace space)
    {
        var x = graph.Embedding(
            "embed_tokens", space.Tokens.Rows, space.Tokens.Ids, _tokens, (float)Math.Sqrt(Config.HiddenSize));
        foreach (var block in _blocks)
        {
            x = block.Build(graph, x, space);
        }

        return x;
    }

    internal override GraphTensor BuildLogits(GraphBuilder graph, GraphTensor hidden)
    {
        var logits = graph.Linear("lm_head", graph.RmsNorm("norm", hidden, _norm), _head);
        return Config.FinalLogitSoftcapping is { } cap ? graph.SoftCap("final_logit_softcapping", logits, (float)cap) : logits;
    }

    /// <summary>One layer; the names are the checkpoint's.</summary>
    private sealed class Block(WeightLoader load, string name, Gemma2Config config, bool isSliding)
    {
        private readonly NormWeights _input = Norm(load, $"{name}.input_layernorm", config);
        private readonly NormWeights _afterAttention = Norm(load, $"{name}.post_attention_layernorm", config);
        private readonly NormWeights _beforeFeedForward = Norm(load, $"{name}.pre_feedforward_layernorm", config);
        private readonly NormWeights _afterFeedForward = Norm(load, $"{name}.post_feedforward_layernorm", config);
        private readonly RotaryAttention _attention = Attention(load, $"{name}.self_attn", config);
        private readonly GatedFeedForward _feedForward = new(
            load.Linear($"{name}.mlp.gate_proj", config.HiddenSize, config.IntermediateSize, bias: false),
            load.Linear($"{name}.mlp.up_proj", config.HiddenSize, config.IntermediateSize, bias: false),
            load.Linear($"{name}.mlp.down_proj", config.IntermediateSize, config.HiddenSize, bias: false),
            config.HiddenAct);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, CausalSpace space)
        {
            var attended = _attention.Build(
                graph, $"{name}.self_attn", graph.RmsNorm($"{name}.input_layernorm", x, _input),
                space.Tokens, space.Sees(isSliding), space.Rotary!.Value, residual: null);
            x = graph.Sum(
                $"{name}.attention_residual", x, graph.RmsNorm($"{name}.post_attention_layernorm", attended, _afterAttention));
            var fed = _feedForward.Build(
                graph, $"{name}.mlp", graph.RmsNorm($"{name}.pre_feedforward_layernorm", x, _beforeFeedForward));
            return graph.Sum(
                $"{name}.mlp_residual", x, graph.RmsNorm($"{name}.post_feedforward_layernorm", fed, _afterFeedForward));
        }

        private static NormWeights Norm(WeightLoader load, string name, Gemma2Config config) =>
            load.RmsNorm(name, config.HiddenSize, config.RmsNormEps, shift: 1f);

        private static RotaryAttention Attention(WeightLoader load, string name, Gemma2Config config)
        {
            var (queries, keys) = (config.NumAttentionHeads * config.HeadDim, config.NumKeyValueHeads * config.HeadDim);
            return new RotaryAttention(
                load.Stack(
                    $"{name}.qkv", config.HiddenSize, config.AttentionBias,
                    ($"{name}.q_proj", queries), ($"{name}.k_proj", keys), ($"{name}.v_proj", keys)),
                load.Linear($"{name}.o_proj", queries, config.HiddenSize, config.AttentionBias),
                config.NumAttentionHeads,
                config.NumKeyValueHeads)
            {
                Scale = (float)(1 / Math.Sqrt(config.QueryPreAttnScalar)),
                SoftCap = (float?)config.AttnLogitSoftcapping,
            };
        }
    }
}
