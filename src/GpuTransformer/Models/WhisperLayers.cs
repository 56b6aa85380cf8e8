using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Whisper's layers under the checkpoint's names: two convolutions over time, then a transformer with a norm before
/// each part. Keys have no bias.</summary>
internal sealed class WhisperLayers : IEncoderDecoderGraph
{
    /// <summary>Name of the encoder's input.</summary>
    public const string FeaturesName = "input_features";

    private const float LayerNormEps = 1e-5f;
    private const int Kernel = 3;
    private readonly WhisperConfig _config;
    private readonly ConvolutionLayer _first;
    private readonly ConvolutionLayer _second;
    private readonly EmbeddingWeights _sourcePositions;
    private readonly EncoderLayer[] _encoder;
    private readonly NormWeights _encoderNorm;
    private readonly EmbeddingWeights _tokens;
    private readonly EmbeddingWeights _targetPositions;
    private readonly DecoderLayer[] _decoder;
    private readonly NormWeights _decoderNorm;
    private readonly LinearWeights _head;

    public WhisperLayers(WhisperConfig config, WeightLoader load)
    {
        _config = config;
        var d = config.DModel;
        _first = new ConvolutionLayer(load.Convolution("encoder.conv1", d, config.NumMelBins, [Kernel]), 1, Kernel, Padding: 1);
        _second = new ConvolutionLayer(load.Convolution("encoder.conv2", d, d, [Kernel]), 1, Kernel, Stride: 2, Padding: 1);
        _sourcePositions = load.Table("encoder.embed_positions.weight", config.MaxSourcePositions, d);
        _encoder = [.. Enumerable.Range(0, config.EncoderLayers).Select(i => new EncoderLayer(load, $"encoder.layers.{i}", config))];
        _encoderNorm = load.Norm("encoder.layer_norm", d, LayerNormEps);
        var (tokens, head) = load.TiedNames("decoder.embed_tokens.weight", "proj_out.weight", config.TieWordEmbeddings);
        _tokens = load.TokenTable(tokens, config.VocabSize, d);
        _targetPositions = load.Table("decoder.embed_positions.weight", config.MaxTargetPositions, d);
        _decoder = [.. Enumerable.Range(0, config.DecoderLayers).Select(i => new DecoderLayer(load, $"decoder.layers.{i}", config))];
        _decoderNorm = load.Norm("decoder.layer_norm", d, LayerNormEps);
        _head = load.Tied("proj_out", head, null, d, config.VocabSize);
    }

    public GraphTensor Encoder(GraphBuilder graph, TokenSpace source)
    {
        var frames = 2 * _config.MaxSourcePositions;
        var sounds = graph.Rows("sounds", source.Keys.Sequences);
        var features = graph.Input(FeaturesName, sounds, checked(_config.NumMelBins * frames));
        var spaces = new MapSpaces(graph, sounds);
        var first = _first.BuildFromPlanes(spaces, features, 1, frames, ActivationKind.GeluErf);
        var positions = graph.Embedding("encoder.embed_positions", source.Rows, source.Positions, _sourcePositions);
        var x = _second.Build(spaces, first, ActivationKind.GeluErf, positions, source.Rows).Rows;
        foreach (var layer in _encoder)
        {
            x = layer.Build(graph, x, source);
        }

        return graph.LayerNorm(_encoderNorm.Name, x, _encoderNorm);
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
        var x = graph.Embedding(
            "decoder.embed_tokens", target.Rows, target.Ids, _tokens, positions: (target.Positions, _targetPositions));
        foreach (var layer in _decoder)
        {
            x = layer.Build(graph, x, target, memory);
        }

        return graph.LayerNorm(_decoderNorm.Name, x, _decoderNorm);
    }

    public GraphTensor Head(GraphBuilder graph, GraphTensor hidden) => graph.Linear("proj_out", hidden, _head);

    private static SelfAttention LoadSelfAttention(WeightLoader load, string name, int hidden, int heads) => new(
        load.StackPartlyBiased(
            $"{name}.qkv", hidden, [$"{name}.q_proj", $"{name}.k_proj", $"{name}.v_proj"], $"{name}.k_proj"),
        load.Linear($"{name}.out_proj", hidden, hidden),
        heads);

    private static FeedForwardLayer LoadFeedForward(WeightLoader load, string name, int hidden, int inner, ActivationKind activation) =>
        new(load.Linear($"{name}.fc1", hidden, inner), load.Linear($"{name}.fc2", inner, hidden), activation);

    private sealed class EncoderLayer(WeightLoader load, string name, WhisperConfig config)
    {
        private readonly NormWeights _attentionNorm = load.Norm($"{name}.self_attn_layer_norm", config.DModel, LayerNormEps);
        private readonly SelfAttention _attention =
            LoadSelfAttention(load, $"{name}.self_attn", config.DModel, config.EncoderAttentionHeads);

        private readonly NormWeights _norm = load.Norm($"{name}.final_layer_norm", config.DModel, LayerNormEps);
        private readonly FeedForwardLayer _feedForward =
            LoadFeedForward(load, name, config.DModel, config.EncoderFfnDim, config.ActivationFunction);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            var normed = graph.LayerNorm(_attentionNorm.Name, x, _attentionNorm);
            x = _attention.Build(graph, $"{name}.self_attn", normed, x, space, persistent: false);
            return _feedForward.Build(graph, name, graph.LayerNorm(_norm.Name, x, _norm), x);
        }
    }

    private sealed class DecoderLayer(WeightLoader load, string name, WhisperConfig config)
    {
        private readonly NormWeights _selfNorm = load.Norm($"{name}.self_attn_layer_norm", config.DModel, LayerNormEps);
        private readonly SelfAttention _self =
            LoadSelfAttention(load, $"{name}.self_attn", config.DModel, config.DecoderAttentionHeads);

        private readonly NormWeights _crossNorm = load.Norm($"{name}.encoder_attn_layer_norm", config.DModel, LayerNormEps);
        private readonly CrossAttention _cross = new(
            load.Linear($"{name}.encoder_attn.q_proj", config.DModel, config.DModel),
            load.StackPartlyBiased(
                $"{name}.encoder_attn.kv",
                config.DModel,
                [$"{name}.encoder_attn.k_proj", $"{name}.encoder_attn.v_proj"],
                $"{name}.encoder_attn.k_proj"),
            load.Linear($"{name}.encoder_attn.out_proj", config.DModel, config.DModel),
            config.DecoderAttentionHeads);

        private readonly NormWeights _norm = load.Norm($"{name}.final_layer_norm", config.DModel, LayerNormEps);
        private readonly FeedForwardLayer _feedForward =
            LoadFeedForward(load, name, config.DModel, config.DecoderFfnDim, config.ActivationFunction);

        public void BuildMemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes) =>
            _cross.BuildKeys(graph, $"{name}.encoder_attn", memory, keys, writes);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space, Visibility memory)
        {
            var normed = graph.LayerNorm(_selfNorm.Name, x, _selfNorm);
            x = _self.Build(graph, $"{name}.self_attn", normed, x, space, persistent: true);
            x = _cross.Build(graph, $"{name}.encoder_attn", graph.LayerNorm(_crossNorm.Name, x, _crossNorm), x, memory);
            return _feedForward.Build(graph, name, graph.LayerNorm(_norm.Name, x, _norm), x);
        }
    }
}
