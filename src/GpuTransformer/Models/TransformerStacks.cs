using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Sizes of the transformer of 2017, under torch.nn.Transformer's names.</summary>
public sealed record TransformerConfig(
    int DModel,
    int NHead,
    int NumEncoderLayers,
    int NumDecoderLayers,
    int DimFeedforward,
    ActivationKind Activation,
    bool NormFirst,
    bool FinalNorm,
    float LayerNormEps);

/// <summary>Encoder and decoder stacks as torch.nn.Transformer builds them (Vaswani et al. 2017, arXiv:1706.03762;
/// pre-norm: Xiong et al. 2020, arXiv:2002.04745).</summary>
internal sealed class TransformerStacks
{
    private readonly TransformerConfig _config;
    private readonly string _prefix;
    private readonly EncoderLayer[] _encoder;
    private readonly DecoderLayer[] _decoder;
    private readonly NormWeights? _encoderNorm;
    private readonly NormWeights? _decoderNorm;

    public TransformerStacks(WeightLoader load, string prefix, TransformerConfig config)
    {
        _config = config;
        _prefix = prefix;
        _encoder = [.. Enumerable.Range(0, config.NumEncoderLayers).Select(i => new EncoderLayer(load, $"{prefix}encoder.layers.{i}", config))];
        _decoder = [.. Enumerable.Range(0, config.NumDecoderLayers).Select(i => new DecoderLayer(load, $"{prefix}decoder.layers.{i}", config))];
        if (config.FinalNorm)
        {
            _encoderNorm = load.Norm($"{prefix}encoder.norm", config.DModel, config.LayerNormEps);
            _decoderNorm = load.Norm($"{prefix}decoder.norm", config.DModel, config.LayerNormEps);
        }
    }

    /// <summary>The encoder.</summary>
    /// <returns>The memory.</returns>
    public GraphTensor BuildEncoder(GraphBuilder graph, GraphTensor x, TokenSpace source)
    {
        foreach (var layer in _encoder)
        {
            x = layer.Build(graph, x, source);
        }

        return _encoderNorm is null ? x : graph.LayerNorm($"{_prefix}encoder.norm", x, _encoderNorm);
    }

    /// <summary>The memory's keys and values for every decoder layer.</summary>
    public void BuildMemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes)
    {
        foreach (var layer in _decoder)
        {
            layer.BuildMemoryKeys(graph, memory, keys, writes);
        }
    }

    /// <summary>The decoder over its own keys and the memory's.</summary>
    public GraphTensor BuildDecoder(GraphBuilder graph, GraphTensor x, TokenSpace target, Visibility memory)
    {
        foreach (var layer in _decoder)
        {
            x = layer.Build(graph, x, target, memory);
        }

        return _decoderNorm is null ? x : graph.LayerNorm($"{_prefix}decoder.norm", x, _decoderNorm);
    }

    private static SelfAttention LoadSelfAttention(WeightLoader load, string name, TransformerConfig config) => new(
        load.Slice($"{name}.in_proj", $"{name}.in_proj_weight", $"{name}.in_proj_bias", 3 * config.DModel, 0, 3 * config.DModel, config.DModel),
        load.Linear($"{name}.out_proj", config.DModel, config.DModel),
        config.NHead);

    private static FeedForwardLayer LoadFeedForward(WeightLoader load, string name, TransformerConfig config) => new(
        load.Linear($"{name}.linear1", config.DModel, config.DimFeedforward),
        load.Linear($"{name}.linear2", config.DimFeedforward, config.DModel),
        config.Activation);

    /// <summary>x + block(norm(x)) before, norm(x + block(x)) after: the one place where the two kinds differ.</summary>
    private static GraphTensor Sublayer(
        GraphBuilder graph, TransformerConfig config, NormWeights norm, GraphTensor x, Func<GraphTensor, GraphTensor, GraphTensor> block) =>
        config.NormFirst
            ? block(graph.LayerNorm(norm.Name, x, norm), x)
            : graph.LayerNorm(norm.Name, block(x, x), norm);

    private sealed class EncoderLayer(WeightLoader load, string name, TransformerConfig config)
    {
        private readonly SelfAttention _attention = LoadSelfAttention(load, $"{name}.self_attn", config);
        private readonly FeedForwardLayer _feedForward = LoadFeedForward(load, name, config);
        private readonly NormWeights _norm1 = load.Norm($"{name}.norm1", config.DModel, config.LayerNormEps);
        private readonly NormWeights _norm2 = load.Norm($"{name}.norm2", config.DModel, config.LayerNormEps);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            x = Sublayer(graph, config, _norm1, x, (input, residual) =>
                _attention.Build(graph, $"{name}.self_attn", input, residual, space, persistent: false));
            return Sublayer(graph, config, _norm2, x, (input, residual) => _feedForward.Build(graph, name, input, residual));
        }
    }

    private sealed class DecoderLayer(WeightLoader load, string name, TransformerConfig config)
    {
        private readonly SelfAttention _self = LoadSelfAttention(load, $"{name}.self_attn", config);
        private readonly CrossAttention _cross = LoadCross(load, $"{name}.multihead_attn", config);
        private readonly FeedForwardLayer _feedForward = LoadFeedForward(load, name, config);
        private readonly NormWeights _norm1 = load.Norm($"{name}.norm1", config.DModel, config.LayerNormEps);
        private readonly NormWeights _norm2 = load.Norm($"{name}.norm2", config.DModel, config.LayerNormEps);
        private readonly NormWeights _norm3 = load.Norm($"{name}.norm3", config.DModel, config.LayerNormEps);

        public void BuildMemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes) =>
            _cross.BuildKeys(graph, $"{name}.multihead_attn", memory, keys, writes);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space, Visibility memory)
        {
            x = Sublayer(graph, config, _norm1, x, (input, residual) =>
                _self.Build(graph, $"{name}.self_attn", input, residual, space, persistent: true));
            x = Sublayer(graph, config, _norm2, x, (input, residual) =>
                _cross.Build(graph, $"{name}.multihead_attn", input, residual, memory));
            return Sublayer(graph, config, _norm3, x, (input, residual) => _feedForward.Build(graph, name, input, residual));
        }

        private static CrossAttention LoadCross(WeightLoader load, string name, TransformerConfig config)
        {
            var d = config.DModel;
            var (weight, bias) = ($"{name}.in_proj_weight", $"{name}.in_proj_bias");
            return new CrossAttention(
                load.Slice($"{name}.in_proj.q", weight, bias, 3 * d, 0, d, d),
                load.Slice($"{name}.in_proj.kv", weight, bias, 3 * d, d, 2 * d, d),
                load.Linear($"{name}.out_proj", d, d),
                config.NHead);
        }
    }
}
