using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Sizes of a decoder of Llama's build.</summary>
internal sealed record DecoderSizes(
    int HiddenSize, int NumHeads, int NumKvHeads, int HeadDim, int IntermediateSize, int Layers, int VocabSize)
{
    /// <summary>SmolLM2-135M.</summary>
    public static DecoderSizes SmolLm2 { get; } = new(576, 9, 3, 64, 1536, 30, 49152);

    public int QkvWidth => (NumHeads + 2 * NumKvHeads) * HeadDim;

    /// <summary>Weights that a token is multiplied with; a row of the embedding beside them is nothing.</summary>
    public double Weights =>
        Layers * ((double)HiddenSize * (QkvWidth + NumHeads * HeadDim) + 3.0 * HiddenSize * IntermediateSize)
        + (double)HiddenSize * VocabSize;

    /// <summary>Keys and values of a token, all layers.</summary>
    public double KeysAndValues => 2.0 * Layers * NumKvHeads * HeadDim;
}

/// <summary>Weights of a decoder.</summary>
internal sealed class DecoderWeights(RandomLayers layers, DecoderSizes sizes)
{
    public DecoderSizes Sizes => sizes;

    public EmbeddingWeights Tokens { get; } = layers.Table("tokens", sizes.VocabSize, sizes.HiddenSize);

    public (NormWeights Norm1, RotaryAttention Attention, NormWeights Norm2, GatedFeedForward FeedForward)[] Layers { get; } =
        [.. Enumerable.Range(0, sizes.Layers).Select(i => (
            layers.RmsNorm($"{i}.norm1", sizes.HiddenSize),
            new RotaryAttention(
                layers.Linear($"{i}.qkv", sizes.HiddenSize, sizes.QkvWidth),
                layers.Linear($"{i}.out", sizes.NumHeads * sizes.HeadDim, sizes.HiddenSize),
                sizes.NumHeads,
                sizes.NumKvHeads),
            layers.RmsNorm($"{i}.norm2", sizes.HiddenSize),
            new GatedFeedForward(
                layers.Linear($"{i}.gate", sizes.HiddenSize, sizes.IntermediateSize),
                layers.Linear($"{i}.up", sizes.HiddenSize, sizes.IntermediateSize),
                layers.Linear($"{i}.down", sizes.IntermediateSize, sizes.HiddenSize),
                ActivationKind.Silu)))];

    public NormWeights Norm { get; } = layers.RmsNorm("norm", sizes.HiddenSize);

    public LinearWeights Head { get; } = layers.Linear("head", sizes.HiddenSize, sizes.VocabSize);
}

/// <summary>One step of a decoder: a token for each sequence, from its id to its logits, over keys that are cached.</summary>
internal sealed class DecoderCase : SessionCase
{
    private readonly GraphTensor _hidden;
    private readonly int _sequences;

    public DecoderCase(BenchDevice device, DecoderWeights weights, int sequences, int keys)
        : base("decoder step", $"{sequences} x 1 token over {keys} keys", Amount(weights.Sizes, sequences, keys))
    {
        _sequences = sequences;
        var sizes = weights.Sizes;
        var graph = new GraphBuilder("decoder step");
        var space = TokenSpace.Declare(graph, "tokens", sequences, sequences, keys, packed: false);
        var angles = graph.Input("rotary", space.Rows, sizes.HeadDim);

        // An output too, else the arena gives its place away and the next run reads something else.
        graph.Output("rotary", angles);
        var x = graph.Embedding("tokens", space.Rows, space.Ids, weights.Tokens);
        for (var i = 0; i < weights.Layers.Length; i++)
        {
            var (norm1, attention, norm2, feedForward) = weights.Layers[i];
            x = attention.Build(graph, $"{i}", graph.RmsNorm($"{i}.norm1", x, norm1), space, space.Sees, angles, x);
            x = feedForward.Build(graph, $"{i}", graph.RmsNorm($"{i}.norm2", x, norm2), x);
        }

        _hidden = graph.RmsNorm("norm", x, weights.Norm);
        graph.Output("hidden", _hidden);
        graph.Output("logits", graph.Linear("head", _hidden, weights.Head));
        Open(device, graph);
        Fill(space, angles, keys);
    }

    public override void Verify()
    {
        var values = new float[_sequences * _hidden.Width];
        Session.Read(_hidden, values);
        for (var row = 0; row < _sequences; row++)
        {
            var squares = values.AsSpan(row * _hidden.Width, _hidden.Width).ToArray().Average(v => (double)v * v);
            ExpectNear($"the mean square of row {row}", squares, 1, 1e-3);
        }
    }

    private static Work Amount(DecoderSizes sizes, int sequences, int keys) => new(
        sequences * (2 * sizes.Weights + 4.0 * sizes.Layers * sizes.NumHeads * sizes.HeadDim * keys),
        sizeof(float) * (sizes.Weights + sequences * keys * sizes.KeysAndValues),
        IsMemoryBound: true);

    /// <summary>Each sequence has all its keys but the last, which the step writes.</summary>
    private void Fill(TokenSpace space, GraphTensor angles, int keys)
    {
        PageTables.FillWhole(Session, space.Keys);
        var rows = new TokenRows(Session, space);
        var row = new float[_sequences * angles.Width];
        for (var s = 0; s < _sequences; s++)
        {
            rows.Add(s, s, keys - 1, keys - 1, 0, keys);
            RotaryTable.Fill(keys - 1, RotaryTable.Frequencies(angles.Width), row.AsSpan(s * angles.Width, angles.Width));
        }

        rows.Finish();
        Session.Write(angles, row);
    }
}
