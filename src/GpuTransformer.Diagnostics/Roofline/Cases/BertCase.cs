using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Weights of a BERT-base (Devlin et al. 2018, arXiv:1810.04805): embeddings, twelve layers, pooler.</summary>
internal sealed class BertWeights(RandomLayers layers)
{
    public const int VocabSize = 30_522;
    public const int MaxPositions = 512;
    public const int Layers = 12;

    private static readonly EncoderSizes s_sizes = EncoderSizes.Base;

    public EmbeddingWeights Words { get; } = layers.Table("words", VocabSize, s_sizes.HiddenSize);

    public EmbeddingWeights Positions { get; } = layers.Table("positions", MaxPositions, s_sizes.HiddenSize);

    public EmbeddingWeights Types { get; } = layers.Table("types", 2, s_sizes.HiddenSize);

    public NormWeights Norm { get; } = layers.Norm("norm", s_sizes.HiddenSize);

    public EncoderLayerWeights[] Encoder { get; } =
        [.. Enumerable.Range(0, Layers).Select(i => layers.EncoderLayer($"layer.{i}", s_sizes))];

    public LinearWeights Pooler { get; } = layers.Linear("pooler", s_sizes.HiddenSize, s_sizes.HiddenSize);
}

/// <summary>Sequences of tokens, all of them real, through BERT-base: from ids to hidden states and pooled rows.</summary>
internal sealed class BertCase : SessionCase
{
    private readonly GraphTensor _hidden;
    private readonly int _rows;

    public BertCase(BenchDevice device, BertWeights weights, int sequences, int tokens)
        : base(
            "BERT-base", $"{sequences} x {tokens} tokens",
            new Work(sequences * BertWeights.Layers * EncoderSizes.Base.Flops(tokens), 0, IsMemoryBound: false))
    {
        _rows = sequences * tokens;
        var graph = new GraphBuilder("BERT-base");
        var space = TokenSpace.Declare(graph, "tokens", _rows, sequences, tokens, packed: true);
        var types = graph.Table("types", _rows);
        var pooled = graph.Rows("sequences", sequences);
        var first = graph.Table("first tokens", sequences);
        var x = graph.Embedding(
            "embeddings", space.Rows, space.Ids, weights.Words, 1f, (space.Positions, weights.Positions), (types, weights.Types));
        x = graph.LayerNorm("embeddings.norm", x, weights.Norm);
        for (var i = 0; i < weights.Encoder.Length; i++)
        {
            x = weights.Encoder[i].BuildPostNorm(graph, $"layer.{i}", x, space);
        }

        _hidden = x;
        graph.Output("hidden", x);
        graph.Output("pooled", graph.Linear("pooler", graph.Gather("first", x, pooled, first), weights.Pooler, ActivationKind.Tanh));
        Open(device, graph);
        FillSequences(space, sequences, tokens, BertWeights.VocabSize);
        Session.SetRows(pooled, sequences);
        for (var s = 0; s < sequences; s++)
        {
            Session.Table(first)[s] = s * tokens;
        }
    }

    public override void Verify() => ExpectNormalized(_hidden, _rows);
}
