using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>T5's layers under the checkpoint's names: RMSNorm before each, no biases, attention with scale 1, and one table
/// of position biases for all layers of a stack.</summary>
internal sealed class T5Layers : IEncoderDecoderGraph
{
    private readonly T5Config _config;
    private readonly Stack _encoder;
    private readonly Stack _decoder;
    private readonly LinearWeights _head;

    public T5Layers(T5Config config, WeightLoader load)
    {
        _config = config;
        string[] tables = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"];
        var source = EncoderDecoderConfig.Tied(load, ["encoder.embed_tokens.weight", .. tables]);
        var target = EncoderDecoderConfig.Tied(load, ["decoder.embed_tokens.weight", .. tables]);
        var embedding = load.TokenTable(source, config.VocabSize, config.DModel);
        _encoder = new Stack(config, load, "encoder", embedding, config.NumLayers, isDecoder: false);
        _decoder = new Stack(
            config,
            load,
            "decoder",
            target == source ? embedding : load.TokenTable(target, config.VocabSize, config.DModel),
            config.NumDecoderLayers,
            isDecoder: true);
        _head = load.Tied(
            "lm_head", EncoderDecoderConfig.Tied(load, ["lm_head.weight", .. tables]), null, config.DModel, config.VocabSize);
    }

    public bool HasRelativePositions => true;

    public GraphTensor Encoder(GraphBuilder graph, TokenSpace source) => _encoder.Build(graph, source, null);

    public void MemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes)
    {
        foreach (var layer in _decoder.Layers)
        {
            layer.BuildMemoryKeys(graph, memory, keys, writes);
        }
    }

    public GraphTensor Decoder(GraphBuilder graph, TokenSpace target, Visibility memory) => _decoder.Build(graph, target, memory);

    public GraphTensor Head(GraphBuilder graph, GraphTensor hidden) => graph.Linear("lm_head", hidden, _head);

    private sealed class Stack
    {
        private readonly string _name;
        private readonly EmbeddingWeights _embedding;
        private readonly EmbeddingWeights _biases;
        private readonly int _reach;
        private readonly NormWeights _norm;

        public Stack(T5Config config, WeightLoader load, string name, EmbeddingWeights embedding, int layers, bool isDecoder)
        {
            (_name, _embedding) = (name, embedding);
            Layers = [.. Enumerable.Range(0, layers).Select(i => new Layer(config, load, $"{name}.block.{i}", isDecoder))];
            var buckets = new RelativePositionBuckets(
                !isDecoder, config.RelativeAttentionNumBuckets, config.RelativeAttentionMaxDistance);
            _reach = buckets.Reach;
            _biases = load.TableFrom(
                $"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                config.NumHeads,
                2 * _reach + 1,
                values => buckets.Expand(values, config.NumHeads),
                config.RelativeAttentionNumBuckets,
                config.NumHeads);

            // The factor that T5 puts on the decoder's output stands in its last norm.
            _norm = load.RmsNorm(
                $"{name}.final_layer_norm",
                config.DModel,
                config.LayerNormEpsilon,
                scale: isDecoder && config.ScaleDecoderOutputs ? (float)Math.Pow(config.DModel, -0.5) : 1f);
        }

        public Layer[] Layers { get; }

        public GraphTensor Build(GraphBuilder graph, TokenSpace space, Visibility? memory)
        {
            var x = graph.Embedding($"{_name}.embed_tokens", space.Rows, space.Ids, _embedding);
            foreach (var layer in Layers)
            {
                x = layer.Build(graph, x, space, memory, new RelativeBiasScore(_biases.View.Data, _reach));
            }

            return graph.RmsNorm($"{_name}.final_layer_norm", x, _norm);
        }
    }

    private sealed class Layer(T5Config config, WeightLoader load, string name, bool isDecoder)
    {
        private readonly string _feedForwardName = $"{name}.layer.{(isDecoder ? 2 : 1)}";
        private readonly NormWeights _selfNorm = Norm(config, load, $"{name}.layer.0");
        private readonly LinearWeights _queryKeyValue = load.Stack(
            $"{name}.layer.0.SelfAttention.qkv",
            config.DModel,
            config.NumHeads * config.DKv,
            false,
            $"{name}.layer.0.SelfAttention.q",
            $"{name}.layer.0.SelfAttention.k",
            $"{name}.layer.0.SelfAttention.v");

        private readonly LinearWeights _output =
            load.Linear($"{name}.layer.0.SelfAttention.o", config.NumHeads * config.DKv, config.DModel, bias: false);

        private readonly NormWeights? _crossNorm = isDecoder ? Norm(config, load, $"{name}.layer.1") : null;
        private readonly CrossAttention? _cross = isDecoder ? LoadCross(config, load, $"{name}.layer.1.EncDecAttention") : null;
        private readonly NormWeights _feedForwardNorm = Norm(config, load, $"{name}.layer.{(isDecoder ? 2 : 1)}");
        private readonly Func<GraphBuilder, string, GraphTensor, GraphTensor, GraphTensor> _feedForward =
            LoadFeedForward(config, load, $"{name}.layer.{(isDecoder ? 2 : 1)}.DenseReluDense");

        public void BuildMemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes) =>
            _cross!.BuildKeys(graph, $"{name}.layer.1.EncDecAttention", memory, keys, writes);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space, Visibility? memory, RelativeBiasScore bias)
        {
            x = BuildSelf(graph, x, space, bias);
            if (memory is not null)
            {
                var normed = graph.RmsNorm($"{name}.layer.1.layer_norm", x, _crossNorm!);
                x = _cross!.Build(graph, $"{name}.layer.1.EncDecAttention", normed, x, memory);
            }

            return _feedForward(
                graph, $"{_feedForwardName}.DenseReluDense", graph.RmsNorm($"{_feedForwardName}.layer_norm", x, _feedForwardNorm), x);
        }

        private GraphTensor BuildSelf(GraphBuilder graph, GraphTensor x, TokenSpace space, RelativeBiasScore bias)
        {
            var layer = $"{name}.layer.0.SelfAttention";
            var inner = config.NumHeads * config.DKv;
            var normed = graph.RmsNorm($"{name}.layer.0.layer_norm", x, _selfNorm);
            var projected = graph.Linear($"{layer}.qkv", normed, _queryKeyValue);
            var keys = graph.WriteKeys(
                layer,
                projected.Columns(inner, inner),
                projected.Columns(2 * inner, inner),
                space.Keys,
                space.Writes,
                config.NumHeads,
                persistent: isDecoder);
            var attended = graph.Attention(layer, projected.Columns(0, inner), keys, space.Sees, config.NumHeads, 1f, bias);
            return graph.Linear($"{layer}.o", attended, _output, ActivationKind.None, x);
        }

        private static NormWeights Norm(T5Config config, WeightLoader load, string layer) =>
            load.RmsNorm($"{layer}.layer_norm", config.DModel, config.LayerNormEpsilon);

        private static CrossAttention LoadCross(T5Config config, WeightLoader load, string layer)
        {
            var inner = config.NumHeads * config.DKv;
            return new CrossAttention(
                load.Linear($"{layer}.q", config.DModel, inner, bias: false),
                load.Stack($"{layer}.kv", config.DModel, inner, false, $"{layer}.k", $"{layer}.v"),
                load.Linear($"{layer}.o", inner, config.DModel, bias: false),
                config.NumHeads,
                Scale: 1f);
        }

        private static Func<GraphBuilder, string, GraphTensor, GraphTensor, GraphTensor> LoadFeedForward(
            T5Config config, WeightLoader load, string layer)
        {
            LinearWeights Up(string part) => load.Linear($"{layer}.{part}", config.DModel, config.DFf, bias: false);
            var down = load.Linear($"{layer}.wo", config.DFf, config.DModel, bias: false);
            if (config.IsGatedAct)
            {
                var gated = new GatedFeedForward(Up("wi_0"), Up("wi_1"), down, config.DenseActFn);
                return (graph, name, x, residual) => gated.Build(graph, name, x, residual);
            }

            var plain = new FeedForwardLayer(Up("wi"), down, config.DenseActFn);
            return plain.Build;
        }
    }
}
