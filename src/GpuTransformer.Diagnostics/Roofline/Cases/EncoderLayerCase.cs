using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>One BERT-base encoder layer in a session made for <c>capacity</c> tokens and run with <c>tokens</c>.</summary>
internal sealed class EncoderLayerCase : SessionCase
{
    private readonly GraphTensor _output;

    public EncoderLayerCase(BenchDevice device, EncoderLayerWeights weights, int capacity, int tokens)
        : base(
            "encoder layer",
            capacity == tokens ? $"{tokens} tokens" : $"{tokens} of {capacity} tokens",
            new Work(EncoderSizes.Base.Flops(tokens), 0, IsMemoryBound: false))
    {
        Capacity = capacity;
        Tokens = tokens;
        var width = EncoderSizes.Base.HiddenSize;
        var graph = new GraphBuilder("encoder layer");
        var space = TokenSpace.Declare(graph, "tokens", capacity, 1, capacity, packed: true);
        var x = graph.Input("x", space.Rows, width);

        // An output too, else the arena gives its place away and the next run reads something else.
        graph.Output("x", x);
        _output = weights.BuildPostNorm(graph, "layer", x, space);
        graph.Output("y", _output);
        Open(device, graph);
        FillOneSequence(space, tokens);
        var values = new float[tokens * width];
        RandomValues.Fill("x", 0, 1f, values);
        Session.Write(x, values);
    }

    /// <summary>Tokens that the session was made for.</summary>
    public int Capacity { get; }

    /// <summary>Tokens that it is run with.</summary>
    public int Tokens { get; }

    public override void Verify() => ExpectNormalized(_output, Tokens);
}
