using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>Sizes of an encoder of BERT's kind.</summary>
/// <param name="TypeVocabSize">Token types; 0: the embeddings have none.</param>
internal sealed record EncoderSizes(
    int VocabSize,
    int HiddenSize,
    int NumLayers,
    int NumHeads,
    int IntermediateSize,
    int MaxPositions,
    int TypeVocabSize,
    float LayerNormEps,
    ActivationKind Activation);

/// <summary>How a checkpoint names what is in a layer.</summary>
/// <param name="Layers">What stands before the layer's number.</param>
internal sealed record EncoderNames(
    string Layers,
    string Query,
    string Key,
    string Value,
    string AttentionOutput,
    string AttentionNorm,
    string Up,
    string Down,
    string OutputNorm)
{
    /// <summary>As BERT and RoBERTa have them.</summary>
    public static EncoderNames Bert { get; } = new(
        "encoder.layer", "attention.self.query", "attention.self.key", "attention.self.value",
        "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm");

    /// <summary>As DistilBERT has them.</summary>
    public static EncoderNames DistilBert { get; } = new(
        "transformer.layer", "attention.q_lin", "attention.k_lin", "attention.v_lin",
        "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm");
}

/// <summary>Embeddings and layers of BERT (Devlin et al. 2018, arXiv:1810.04805): each half of a layer is followed by a
/// norm over it and its input.</summary>
internal sealed class EncoderStack
{
    /// <summary>The word embeddings in a checkpoint of any of the families.</summary>
    public const string WordsName = "embeddings.word_embeddings.weight";

    private readonly EncoderSizes _sizes;
    private readonly EmbeddingWeights _words;
    private readonly EmbeddingWeights _positions;
    private readonly EmbeddingWeights? _types;
    private readonly NormWeights _embeddingNorm;
    private readonly Layer[] _layers;

    /// <param name="load">The checkpoint.</param>
    /// <param name="names">How it names what is in a layer.</param>
    /// <param name="sizes">Sizes.</param>
    /// <param name="tied">The output layer that may stand for word embeddings that are missing; null: none.</param>
    public EncoderStack(WeightLoader load, EncoderNames names, EncoderSizes sizes, string? tied)
    {
        _sizes = sizes;
        var (words, _) = load.TiedNames(WordsName, tied ?? WordsName, tied is not null);
        _words = load.TokenTable(words, sizes.VocabSize, sizes.HiddenSize);
        _positions = load.Table("embeddings.position_embeddings.weight", sizes.MaxPositions, sizes.HiddenSize);
        _types = sizes.TypeVocabSize == 0
            ? null
            : load.Table("embeddings.token_type_embeddings.weight", sizes.TypeVocabSize, sizes.HiddenSize);
        _embeddingNorm = load.Norm("embeddings.LayerNorm", sizes.HiddenSize, sizes.LayerNormEps);
        _layers = [.. Enumerable.Range(0, sizes.NumLayers).Select(i => new Layer(load, $"{names.Layers}.{i}", names, sizes))];
    }

    /// <summary>The last layer's hidden states, [rows, hiddenSize].</summary>
    /// <param name="graph">Where.</param>
    /// <param name="space">The tokens.</param>
    /// <param name="types">Their types.</param>
    /// <param name="mapLayer">The layer whose attention weights are given out as "attention"; null: none.</param>
    public GraphTensor Build(GraphBuilder graph, TokenSpace space, IntTable types, int? mapLayer)
    {
        var x = graph.Embedding(
            "embeddings", space.Rows, space.Ids, _words, 1f, (space.Positions, _positions), _types is null ? null : (types, _types));
        x = graph.LayerNorm("embeddings.LayerNorm", x, _embeddingNorm);
        for (var i = 0; i < _sizes.NumLayers; i++)
        {
            x = _layers[i].Build(graph, x, space, i == mapLayer ? "attention" : null);
        }

        return x;
    }

    private sealed class Layer(WeightLoader load, string name, EncoderNames names, EncoderSizes sizes)
    {
        private readonly SelfAttention _attention = new(
            load.Stack(
                $"{name}.attention", sizes.HiddenSize, sizes.HiddenSize, true,
                $"{name}.{names.Query}", $"{name}.{names.Key}", $"{name}.{names.Value}"),
            load.Linear($"{name}.{names.AttentionOutput}", sizes.HiddenSize, sizes.HiddenSize),
            sizes.NumHeads);

        private readonly NormWeights _attentionNorm = load.Norm($"{name}.{names.AttentionNorm}", sizes.HiddenSize, sizes.LayerNormEps);

        private readonly FeedForwardLayer _feedForward = new(
            load.Linear($"{name}.{names.Up}", sizes.HiddenSize, sizes.IntermediateSize),
            load.Linear($"{name}.{names.Down}", sizes.IntermediateSize, sizes.HiddenSize),
            sizes.Activation);

        private readonly NormWeights _outputNorm = load.Norm($"{name}.{names.OutputNorm}", sizes.HiddenSize, sizes.LayerNormEps);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space, string? mapOutput)
        {
            var attended = _attention.Build(graph, $"{name}.attention", x, x, space, persistent: false, mapOutput);
            var middle = graph.LayerNorm(_attentionNorm.Name, attended, _attentionNorm);
            var output = _feedForward.Build(graph, name, middle, middle);
            return graph.LayerNorm(_outputNorm.Name, output, _outputNorm);
        }
    }
}
