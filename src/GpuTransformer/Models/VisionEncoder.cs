using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Patch embedding, pre-norm layers and final norm of ViT and DeiT; the names are the checkpoint's.</summary>
internal sealed class VisionEncoder
{
    private readonly EmbeddingWeights _prefix;
    private readonly EmbeddingWeights _positions;
    private readonly LinearWeights _projection;
    private readonly Layer[] _layers;
    private readonly NormWeights _norm;

    /// <param name="config">The config.</param>
    /// <param name="load">The weights.</param>
    /// <param name="prefix">Tokens of its own that stand before the patches.</param>
    public VisionEncoder(VitConfig config, WeightLoader load, params string[] prefix)
    {
        Config = config;
        _prefix = load.StackedTable("embeddings.prefix", config.HiddenSize, prefix);
        _positions = load.Table("embeddings.position_embeddings", 1, config.PatchCount + prefix.Length, config.HiddenSize);
        _projection = load.PatchProjection(
            "embeddings.patch_embeddings.projection", config.HiddenSize, config.NumChannels, config.PatchHeight, config.PatchWidth);
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new Layer(load, $"encoder.layer.{i}", config))];
        _norm = load.Norm("layernorm", config.HiddenSize, config.LayerNormEps);
    }

    public VitConfig Config { get; }

    /// <summary>Tokens of an image, patches and those before them.</summary>
    public int Tokens => _positions.Rows;

    /// <summary>From pixels [images, channels · height · width] to the last hidden state.</summary>
    public GraphTensor Build(GraphBuilder graph, GraphTensor pixels, RowSpace images, RowSpace patches, TokenSpace space)
    {
        var x = graph.Convolution(
            "embeddings.patch_embeddings.projection",
            pixels,
            patches,
            ConvolutionGeometry.Patches(
                Config.NumChannels, Config.ImageHeight, Config.ImageWidth, Config.PatchHeight, Config.PatchWidth),
            _projection);
        x = graph.AssembleTokens("embeddings", x, images, space.Rows, _prefix, _positions);
        foreach (var layer in _layers)
        {
            x = layer.Build(graph, x, space);
        }

        return graph.LayerNorm("layernorm", x, _norm);
    }

    private sealed class Layer(WeightLoader load, string name, VitConfig config)
    {
        private readonly NormWeights _before = load.Norm($"{name}.layernorm_before", config.HiddenSize, config.LayerNormEps);
        private readonly SelfAttention _attention = new(
            load.Stack(
                $"{name}.attention.attention", config.HiddenSize, config.HiddenSize, config.QkvBias,
                $"{name}.attention.attention.query", $"{name}.attention.attention.key", $"{name}.attention.attention.value"),
            load.Linear($"{name}.attention.output.dense", config.HiddenSize, config.HiddenSize),
            config.NumAttentionHeads);

        private readonly NormWeights _after = load.Norm($"{name}.layernorm_after", config.HiddenSize, config.LayerNormEps);
        private readonly FeedForwardLayer _feedForward = new(
            load.Linear($"{name}.intermediate.dense", config.HiddenSize, config.IntermediateSize),
            load.Linear($"{name}.output.dense", config.IntermediateSize, config.HiddenSize),
            config.HiddenAct);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            var normed = graph.LayerNorm($"{name}.layernorm_before", x, _before);
            x = _attention.Build(graph, $"{name}.attention", normed, x, space, persistent: false);
            return _feedForward.Build(graph, name, graph.LayerNorm($"{name}.layernorm_after", x, _after), x);
        }
    }
}
