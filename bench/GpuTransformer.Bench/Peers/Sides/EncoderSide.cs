using GpuTransformer.Models;

namespace GpuTransformer.Bench.Peers;

/// <summary>Sizes of an encoder of BERT's kind.</summary>
internal sealed record BertShape(string Name, int Hidden, int Layers, int Heads, int Intermediate)
{
    private const int VocabSize = 30_522;
    private const int MaxPositions = 512;

    /// <summary>BERT-base.</summary>
    public static BertShape Base { get; } = new("bert-base", 768, 12, 12, 3072);

    /// <summary>all-MiniLM-L6-v2.</summary>
    public static BertShape MiniLm { get; } = new("minilm", 384, 6, 12, 1536);

    /// <summary>Weights of the layers.</summary>
    public double LayerWeights => Layers * (4.0 * Hidden * Hidden + 2.0 * Hidden * Intermediate);

    /// <summary>Operations on a text of this many tokens.</summary>
    public double Flops(double tokens) => 2 * tokens * LayerWeights + 4.0 * Layers * tokens * tokens * Hidden;

    /// <summary>A random checkpoint, without a pooler as the peer's graph has none.</summary>
    public string Checkpoint(string parent) => RandomCheckpoint.Folder(parent, Name, Config(), weights =>
    {
        weights.Values("embeddings.word_embeddings.weight", 1f, VocabSize, Hidden);
        weights.Values("embeddings.position_embeddings.weight", 1f, MaxPositions, Hidden);
        weights.Values("embeddings.token_type_embeddings.weight", 1f, 2, Hidden);
        weights.Norm("embeddings.LayerNorm", Hidden);
        for (var i = 0; i < Layers; i++)
        {
            var layer = $"encoder.layer.{i}";
            weights.Linear($"{layer}.attention.self.query", Hidden, Hidden);
            weights.Linear($"{layer}.attention.self.key", Hidden, Hidden);
            weights.Linear($"{layer}.attention.self.value", Hidden, Hidden);
            weights.Linear($"{layer}.attention.output.dense", Hidden, Hidden);
            weights.Norm($"{layer}.attention.output.LayerNorm", Hidden);
            weights.Linear($"{layer}.intermediate.dense", Intermediate, Hidden);
            weights.Linear($"{layer}.output.dense", Hidden, Intermediate);
            weights.Norm($"{layer}.output.LayerNorm", Hidden);
        }
    });

    private object Config() => new
    {
        model_type = "bert",
        architectures = new[] { "BertModel" },
        vocab_size = VocabSize,
        hidden_size = Hidden,
        num_hidden_layers = Layers,
        num_attention_heads = Heads,
        intermediate_size = Intermediate,
        max_position_embeddings = MaxPositions,
        type_vocab_size = 2,
        hidden_act = "gelu",
    };
}

/// <summary>An encoder from ids and mask to the last hidden states, through the model's own forward pass.</summary>
internal sealed class EncoderSide : ISide
{
    private readonly TransformerModel _model;
    private readonly ForwardInputs _inputs;

    /// <param name="context">Where.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="lengths">Real tokens of each text; shorter ones are padded in the input.</param>
    public EncoderSide(SideContext context, BertShape shape, IReadOnlyList<int> lengths)
    {
        _model = TransformerModel.Load(shape.Checkpoint(context.Models), context.ComputeDevice);
        var longest = lengths.Max();
        var (ids, mask) = (new long[lengths.Count * longest], new long[lengths.Count * longest]);
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = 5 + i % 900;
            mask[i] = i % longest < lengths[i / longest] ? 1 : 0;
        }

        _inputs = new ForwardInputs(
            new HostTensor("input_ids", ids, lengths.Count, longest), new HostTensor("attention_mask", mask, lengths.Count, longest));
    }

    public void Run() => _model.Forward(_inputs);

    public void Dispose() => _model.Dispose();
}
