using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Encoder and decoder of DETR (Carion et al. 2020, arXiv:2005.12872): norms behind each block; positions are
/// added to what queries and keys are made from, at every layer, and never to values.</summary>
internal sealed class DetrLayers
{
    /// <summary>torch.nn.LayerNorm's.</summary>
    private const float Epsilon = 1e-5f;

    private readonly EncoderLayer[] _encoder;
    private readonly DecoderLayer[] _decoder;
    private readonly NormWeights _norm;
    private readonly bool _normsEachLayer;

    public DetrLayers(DetrConfig config, WeightLoader load)
    {
        _encoder = [.. Enumerable.Range(0, config.EncoderLayers).Select(i => new EncoderLayer(load, $"encoder.layers.{i}", config))];
        _decoder = [.. Enumerable.Range(0, config.DecoderLayers).Select(i => new DecoderLayer(load, $"decoder.layers.{i}", config))];
        _norm = load.Norm("decoder.layernorm", config.DModel, Epsilon);
        _normsEachLayer = config.NormsEachLayer;
    }

    /// <summary>The encoder over the positions that are no padding.</summary>
    public GraphTensor BuildEncoder(GraphBuilder graph, GraphTensor x, GraphTensor positions, TokenSpace space)
    {
        foreach (var layer in _encoder)
        {
            x = layer.Build(graph, x, positions, space);
        }

        return x;
    }

    /// <summary>The decoder: queries that start from zeros and are told apart by their positions.</summary>
    /// <param name="graph">Where.</param>
    /// <param name="x">Zeros, [queries, d_model].</param>
    /// <param name="queryPositions">[queries, d_model].</param>
    /// <param name="queries">Rows and keys of the queries.</param>
    /// <param name="memory">The encoder's output.</param>
    /// <param name="positions">Its positions.</param>
    /// <param name="source">Its rows.</param>
    /// <param name="seesMemory">What the queries see of it.</param>
    public GraphTensor BuildDecoder(
        GraphBuilder graph,
        GraphTensor x,
        GraphTensor queryPositions,
        TokenSpace queries,
        GraphTensor memory,
        GraphTensor positions,
        TokenSpace source,
        Visibility seesMemory)
    {
        var placed = graph.Sum("decoder.memory", memory, positions);
        foreach (var layer in _decoder)
        {
            x = layer.Build(graph, x, queryPositions, queries, (memory, placed, source, seesMemory));
            x = _normsEachLayer ? graph.LayerNorm("decoder.layernorm", x, _norm) : x;
        }

        return graph.LayerNorm("decoder.layernorm", x, _norm);
    }

    private static FeedForwardLayer LoadFeedForward(WeightLoader load, string name, DetrConfig config, int width) => new(
        load.Linear($"{name}.fc1", config.DModel, width),
        load.Linear($"{name}.fc2", width, config.DModel),
        config.ActivationFunction);

    /// <summary>norm(x + attention), queries and keys from x + positions, values from x.</summary>
    private sealed class SelfBlock(WeightLoader load, string name, DetrConfig config, int heads)
    {
        private readonly LinearWeights _queryKey = load.Stack(
            $"{name}.self_attn.qk", config.DModel, config.DModel, true, $"{name}.self_attn.q_proj", $"{name}.self_attn.k_proj");

        private readonly LinearWeights _value = load.Linear($"{name}.self_attn.v_proj", config.DModel, config.DModel);
        private readonly LinearWeights _output = load.Linear($"{name}.self_attn.out_proj", config.DModel, config.DModel);
        private readonly NormWeights _norm = load.Norm($"{name}.self_attn_layer_norm", config.DModel, Epsilon);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, GraphTensor positions, TokenSpace space)
        {
            var layer = $"{name}.self_attn";
            var queryKey = graph.Linear($"{layer}.qk", graph.Sum($"{layer}.positions", x, positions), _queryKey);
            var value = graph.Linear($"{layer}.v_proj", x, _value);
            var keys = graph.WriteKeys(
                layer, queryKey.Columns(config.DModel, config.DModel), value, space.Keys, space.Writes, heads, persistent: false);
            var attended = graph.Attention(layer, queryKey.Columns(0, config.DModel), keys, space.Sees, heads);
            return graph.LayerNorm(_norm.Name, graph.Linear($"{layer}.out_proj", attended, _output, ActivationKind.None, x), _norm);
        }
    }

    private sealed class EncoderLayer(WeightLoader load, string name, DetrConfig config)
    {
        private readonly SelfBlock _attention = new(load, name, config, config.EncoderAttentionHeads);
        private readonly FeedForwardLayer _feedForward = LoadFeedForward(load, name, config, config.EncoderFfnDim);
        private readonly NormWeights _norm = load.Norm($"{name}.final_layer_norm", config.DModel, Epsilon);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, GraphTensor positions, TokenSpace space)
        {
            x = _attention.Build(graph, x, positions, space);
            return graph.LayerNorm(_norm.Name, _feedForward.Build(graph, name, x, x), _norm);
        }
    }

    private sealed class DecoderLayer(WeightLoader load, string name, DetrConfig config)
    {
        private readonly SelfBlock _attention = new(load, name, config, config.DecoderAttentionHeads);
        private readonly LinearWeights _query = load.Linear($"{name}.encoder_attn.q_proj", config.DModel, config.DModel);
        private readonly LinearWeights _key = load.Linear($"{name}.encoder_attn.k_proj", config.DModel, config.DModel);
        private readonly LinearWeights _value = load.Linear($"{name}.encoder_attn.v_proj", config.DModel, config.DModel);
        private readonly LinearWeights _output = load.Linear($"{name}.encoder_attn.out_proj", config.DModel, config.DModel);
        private readonly NormWeights _crossNorm = load.Norm($"{name}.encoder_attn_layer_norm", config.DModel, Epsilon);
        private readonly FeedForwardLayer _feedForward = LoadFeedForward(load, name, config, config.DecoderFfnDim);
        private readonly NormWeights _norm = load.Norm($"{name}.final_layer_norm", config.DModel, Epsilon);

        public GraphTensor Build(
            GraphBuilder graph,
            GraphTensor x,
            GraphTensor positions,
            TokenSpace space,
            (GraphTensor Plain, GraphTensor Placed, TokenSpace Space, Visibility Sees) memory)
        {
            var layer = $"{name}.encoder_attn";
            x = _attention.Build(graph, x, positions, space);
            var key = graph.Linear($"{layer}.k_proj", memory.Placed, _key);
            var value = graph.Linear($"{layer}.v_proj", memory.Plain, _value);
            var keys = graph.WriteKeys(
                layer, key, value, memory.Space.Keys, memory.Space.Writes, config.DecoderAttentionHeads, persistent: false);
            var query = graph.Linear($"{layer}.q_proj", graph.Sum($"{layer}.positions", x, positions), _query);
            var attended = graph.Attention(layer, query, keys, memory.Sees, config.DecoderAttentionHeads);
            x = graph.LayerNorm(
                _crossNorm.Name, graph.Linear($"{layer}.out_proj", attended, _output, ActivationKind.None, x), _crossNorm);
            return graph.LayerNorm(_norm.Name, _feedForward.Build(graph, name, x, x), _norm);
        }
    }
}
