using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>What one stack of BART's layers begins with.</summary>
/// <param name="Tokens">(vocabulary, d_model).</param>
/// <param name="Positions">(positions, d_model), from position 0 on.</param>
/// <param name="Norm">Norm of the sum; null: none.</param>
internal sealed record BartEmbedding(EmbeddingWeights Tokens, EmbeddingWeights Positions, NormWeights? Norm);

/// <summary>BART's layers under the checkpoint's names, shared by Marian: the transformer of 2017 with a norm after each
/// part (Lewis et al. 2019, arXiv:1910.13461).</summary>
internal sealed class BartLayers : IEncoderDecoderGraph
{
    private const float LayerNormEps = 1e-5f;
    private readonly float _scale;
    private readonly BartEmbedding _source;
    private readonly BartEmbedding _target;
    private readonly EncoderLayer[] _encoder;
    private readonly DecoderLayer[] _decoder;
    private readonly LinearWeights _head;

    public BartLayers(BartConfig config, WeightLoader load, BartEmbedding source, BartEmbedding target, LinearWeights head)
    {
        _scale = config.ScaleEmbedding ? MathF.Sqrt(config.DModel) : 1f;
        (_source, _target, _head) = (source, target, head);
        _encoder = [.. Enumerable.Range(0, config.EncoderLayers).Select(i => new EncoderLayer(load, $"encoder.layers.{i}", config))];
        _decoder = [.. Enumerable.Range(0, config.DecoderLayers).Select(i => new DecoderLayer(load, $"decoder.layers.{i}", config))];
    }

    public GraphTensor Encoder(GraphBuilder graph, TokenSpace source)
    {
        var x = Embed(graph, "encoder", _source, source);
        foreach (var layer in _encoder)
        {
            x = layer.Build(graph, x, source);
        }

        return x;
    }

    public void MemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes)
    {
        foreach (var layer in _decoder)
        {
            layer.BuildMemoryKeys(graph, memory, keys, writes);
        }
    }

    public GraphTensor Decoder(GraphBuilder graph, TokenSpace target, Visibility memory)
    {
        var x = Embed(graph, "decoder", _target, target);
        foreach (var layer in _decoder)
        {
            x = layer.Build(graph, x, target, memory);
        }

        return x;
    }

    public GraphTensor Head(GraphBuilder graph, GraphTensor hidden) => graph.Linear("lm_head", hidden, _head);

    /// <summary>A norm of BART, (d_model).</summary>
    public static NormWeights Norm(WeightLoader load, string name, BartConfig config) =>
        load.Norm(name, config.DModel, LayerNormEps);

    private GraphTensor Embed(GraphBuilder graph, string name, BartEmbedding embedding, TokenSpace space)
    {
        var x = graph.Embedding(
            $"{name}.embed_tokens", space.Rows, space.Ids, embedding.Tokens, _scale, (space.Positions, embedding.Positions));
        return embedding.Norm is null ? x : graph.LayerNorm($"{name}.layernorm_embedding", x, embedding.Norm);
    }

    private static SelfAttention LoadSelfAttention(WeightLoader load, string name, int hidden, int heads) => new(
        load.Stack($"{name}.qkv", hidden, hidden, true, $"{name}.q_proj", $"{name}.k_proj", $"{name}.v_proj"),
        load.Linear($"{name}.out_proj", hidden, hidden),
        heads);

    private static FeedForwardLayer LoadFeedForward(WeightLoader load, string name, int hidden, int inner, ActivationKind activation) =>
        new(load.Linear($"{name}.fc1", hidden, inner), load.Linear($"{name}.fc2", inner, hidden), activation);

    private sealed class EncoderLayer(WeightLoader load, string name, BartConfig config)
    {
        private readonly SelfAttention _attention =
            LoadSelfAttention(load, $"{name}.self_attn", config.DModel, config.EncoderAttentionHeads);

        private readonly NormWeights _attentionNorm = Norm(load, $"{name}.self_attn_layer_norm", config);
        private readonly FeedForwardLayer _feedForward =
            LoadFeedForward(load, name, config.DModel, config.EncoderFfnDim, config.ActivationFunction);

        private readonly NormWeights _norm = Norm(load, $"{name}.final_layer_norm", config);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            x = _attention.Build(graph, $"{name}.self_attn", x, x, space, persistent: false);
            x = graph.LayerNorm(_attentionNorm.Name, x, _attentionNorm);
            return graph.LayerNorm(_norm.Name, _feedForward.Build(graph, name, x, x), _norm);
        }
    }

    private sealed class DecoderLayer(WeightLoader load, string name, BartConfig config)
    {
        private readonly SelfAttention _self =
            LoadSelfAttention(load, $"{name}.self_attn", config.DModel, config.DecoderAttentionHeads);

        private readonly NormWeights _selfNorm = Norm(load, $"{name}.self_attn_layer_norm", config);
        private readonly CrossAttention _cross = new(
            load.Linear($"{name}.encoder_attn.q_proj", config.DModel, config.DModel),
            load.Stack(
                $"{name}.encoder_attn.kv", config.DModel, config.DModel, true, $"{name}.encoder_attn.k_proj", $"{name}.encoder_attn.v_proj"),
            load.Linear($"{name}.encoder_attn.out_proj", config.DModel, config.DModel),
            config.DecoderAttentionHeads);

        private readonly NormWeights _crossNorm = Norm(load, $"{name}.encoder_attn_layer_norm", config);
        private readonly FeedForwardLayer _feedForward =
            LoadFeedForward(load, name, config.DModel, config.DecoderFfnDim, config.ActivationFunction);

        private readonly NormWeights _norm = Norm(load, $"{name}.final_layer_norm", config);

        public void BuildMemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes) =>
            _cross.BuildKeys(graph, $"{name}.encoder_attn", memory, keys, writes);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space, Visibility memory)
        {
            x = _self.Build(graph, $"{name}.self_attn", x, x, space, persistent: true);
            x = graph.LayerNorm(_selfNorm.Name, x, _selfNorm);
            x = graph.LayerNorm(_crossNorm.Name, _cross.Build(graph, $"{name}.encoder_attn", x, x, memory), _crossNorm);
            return graph.LayerNorm(_norm.Name, _feedForward.Build(graph, name, x, x), _norm);
        }
    }
}
