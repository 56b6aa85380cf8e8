using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>A decoder of Llama's build: RMSNorm before attention and before a gated feed-forward, rotary positions. Follows
/// transformers/models/llama/modeling_llama.py.</summary>
public abstract class RotaryDecoder : CausalModel
{
    private readonly DecoderConfig _config;
    private readonly EmbeddingWeights _tokens;
    private readonly Block[] _blocks;
    private readonly NormWeights _norm;
    private readonly LinearWeights _head;

    private protected RotaryDecoder(
        DecoderConfig config, DecoderParts parts, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        Rotary = new RotaryEmbedding(config.Rope, config.HeadDim, load.Optional("rope_freqs.weight", config.HeadDim / 2));
        var (tokens, head) = load.TiedNames("embed_tokens.weight", "lm_head.weight", config.TieWordEmbeddings);
        _tokens = load.TokenTable(tokens, config.VocabSize, config.HiddenSize);
        _blocks = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(
            i => new Block(load, $"layers.{i}", config, parts, config.IsSliding[i]))];
        _norm = load.RmsNorm("norm", config.HiddenSize, config.RmsNormEps);
        _head = load.Tied("lm_head", head, null, config.HiddenSize, config.VocabSize);
    }

    /// <inheritdoc/>
    public sealed override int VocabularySize => _config.VocabSize;

    /// <inheritdoc/>
    public sealed override int MaxTargetLength => _config.MostPositions;

    // A rotation is defined beyond the positions that a model was trained on.
    internal sealed override int LongestForward => int.MaxValue;

    internal sealed override RotaryEmbedding Rotary { get; }

    internal sealed override int? SlidingWindow => _config.SlidingWindow;

    internal sealed override GraphTensor BuildHidden(GraphBuilder graph, CausalSpace space)
    {
        var x = graph.Embedding("embed_tokens", space.Tokens.Rows, space.Tokens.Ids, _tokens);
        foreach (var block in _blocks)
        {
            x = block.Build(graph, x, space);
        }

        return x;
    }

    internal sealed override GraphTensor BuildLogits(GraphBuilder graph, GraphTensor hidden) =>
        graph.Linear("lm_head", graph.RmsNorm("norm", hidden, _norm), _head);

    /// <summary>Loads a model from the weights of its folder.</summary>
    internal static TModel Load<TModel>(ModelConfig config, ComputeDevice device, Func<WeightLoader, TModel> make)
        where TModel : CausalModel
    {
        using var store = config.OpenWeights("", "model.");
        var load = new WeightLoader(store, device, config.Options);
        var model = make(load);

        // Old checkpoints keep the frequencies as buffers.
        load.Pack("*.rotary_emb.inv_freq");
        return model;
    }

    /// <summary>One layer; the names are the checkpoint's.</summary>
    private sealed class Block(WeightLoader load, string name, DecoderConfig config, DecoderParts parts, bool isSliding)
    {
        private readonly NormWeights _norm1 = load.RmsNorm($"{name}.input_layernorm", config.HiddenSize, config.RmsNormEps);
        private readonly RotaryAttention _attention = Attention(load, $"{name}.self_attn", config, parts);
        private readonly NormWeights _norm2 =
            load.RmsNorm($"{name}.post_attention_layernorm", config.HiddenSize, config.RmsNormEps);

        private readonly GatedFeedForward _feedForward = new(
            load.Linear($"{name}.mlp.gate_proj", config.HiddenSize, config.IntermediateSize, parts.MlpBias),
            load.Linear($"{name}.mlp.up_proj", config.HiddenSize, config.IntermediateSize, parts.MlpBias),
            load.Linear($"{name}.mlp.down_proj", config.IntermediateSize, config.HiddenSize, parts.MlpBias),
            config.HiddenAct);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, CausalSpace space)
        {
            var normed = graph.RmsNorm($"{name}.input_layernorm", x, _norm1);
            x = _attention.Build(
                graph, $"{name}.self_attn", normed, space.Tokens, space.Sees(isSliding), space.Rotary!.Value, x);
            normed = graph.RmsNorm($"{name}.post_attention_layernorm", x, _norm2);
            return _feedForward.Build(graph, $"{name}.mlp", normed, x);
        }

        private static RotaryAttention Attention(WeightLoader load, string name, DecoderConfig config, DecoderParts parts)
        {
            var (queries, keys) = (config.NumAttentionHeads * config.HeadDim, config.NumKeyValueHeads * config.HeadDim);
            return new RotaryAttention(
                load.Stack(
                    $"{name}.qkv", config.HiddenSize, parts.QkvBias,
                    ($"{name}.q_proj", queries), ($"{name}.k_proj", keys), ($"{name}.v_proj", keys)),
                load.Linear($"{name}.o_proj", queries, config.HiddenSize, parts.OutputBias),
                config.NumAttentionHeads,
                config.NumKeyValueHeads)
            {
                HeadNorms = !parts.HeadNorms ? null : (
                    load.RmsNorm($"{name}.q_norm", config.HeadDim, config.RmsNormEps),
                    load.RmsNorm($"{name}.k_norm", config.HeadDim, config.RmsNormEps)),
            };
        }
    }
}

/// <summary>What tells the families of <see cref="RotaryDecoder"/> apart.</summary>
/// <param name="QkvBias">The in-projections have biases.</param>
/// <param name="OutputBias">The out-projection has one.</param>
/// <param name="MlpBias">The feed-forward has.</param>
/// <param name="HeadNorms">Query and key heads are normed before they turn.</param>
internal sealed record DecoderParts(bool QkvBias, bool OutputBias, bool MlpBias, bool HeadNorms);
