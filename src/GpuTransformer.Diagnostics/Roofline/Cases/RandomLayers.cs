using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Layers of random weights, packed for a device as a loaded model's are, and kept until it is disposed.
/// Norms have weight 1 and bias 0, so that what they give can be checked without a reference.</summary>
internal sealed class RandomLayers(BenchDevice device) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public BenchDevice Device => device;

    public LinearWeights Linear(string name, int inFeatures, int outFeatures)
    {
        var linear = Own(new LinearWeights(name, inFeatures, outFeatures));
        linear.Fill(
            PackedMatrix.Create(device.Kernels, RandomValues.Weight(name, outFeatures, inFeatures)),
            device.Random(outFeatures, $"{name}.bias", 0.1f));
        return linear;
    }

    public NormWeights Norm(string name, int width)
    {
        var norm = Own(new NormWeights(name, width, 1e-5f));
        var ones = new float[width];
        Array.Fill(ones, 1f);
        norm.Fill(device.Filled(ones, $"{name}.weight"), device.Empty(width, $"{name}.bias"));
        return norm;
    }

    public NormWeights RmsNorm(string name, int width)
    {
        var norm = Own(new NormWeights(name, width, 1e-5f));
        var ones = new float[width];
        Array.Fill(ones, 1f);
        norm.Fill(device.Filled(ones, $"{name}.weight"), null);
        return norm;
    }

    public EmbeddingWeights Table(string name, int rows, int width)
    {
        var table = Own(new EmbeddingWeights(name, rows, width));
        table.Fill(device.Random((long)rows * width, name));
        return table;
    }

    public EncoderLayerWeights EncoderLayer(string name, EncoderSizes sizes) => new(
        new SelfAttention(
            Linear($"{name}.qkv", sizes.HiddenSize, 3 * sizes.HiddenSize),
            Linear($"{name}.out", sizes.HiddenSize, sizes.HiddenSize),
            sizes.NumHeads),
        Norm($"{name}.norm1", sizes.HiddenSize),
        new FeedForwardLayer(
            Linear($"{name}.up", sizes.HiddenSize, sizes.IntermediateSize),
            Linear($"{name}.down", sizes.IntermediateSize, sizes.HiddenSize),
            ActivationKind.GeluErf),
        Norm($"{name}.norm2", sizes.HiddenSize));

    public void Dispose() => _owned.ForEach(o => o.Dispose());

    private T Own<T>(T weights)
        where T : IDisposable
    {
        _owned.Add(weights);
        return weights;
    }
}

/// <summary>Sizes of an encoder layer.</summary>
internal sealed record EncoderSizes(int HiddenSize, int NumHeads, int IntermediateSize)
{
    /// <summary>BERT-base and ViT-B.</summary>
    public static EncoderSizes Base { get; } = new(768, 12, 3072);

    /// <summary>Four projections, two of the feed-forward layer, and attention over <paramref name="tokens"/> keys.</summary>
    public double Flops(double tokens) =>
        2 * tokens * (4.0 * HiddenSize * HiddenSize + 2.0 * HiddenSize * IntermediateSize) + 4 * tokens * tokens * HiddenSize;
}

/// <summary>Weights of one encoder layer.</summary>
internal sealed record EncoderLayerWeights(
    SelfAttention Attention, NormWeights FirstNorm, FeedForwardLayer FeedForward, NormWeights SecondNorm)
{
    /// <summary>The norms follow the sums, as in BERT.</summary>
    public GraphTensor BuildPostNorm(GraphBuilder graph, string name, GraphTensor x, TokenSpace space)
    {
        x = Attention.Build(graph, $"{name}.attention", x, x, space, persistent: false);
        x = graph.LayerNorm($"{name}.norm1", x, FirstNorm);
        x = FeedForward.Build(graph, name, x, x);
        return graph.LayerNorm($"{name}.norm2", x, SecondNorm);
    }

    /// <summary>The norms come before attention and feed-forward layer, as in ViT.</summary>
    public GraphTensor BuildPreNorm(GraphBuilder graph, string name, GraphTensor x, TokenSpace space)
    {
        x = Attention.Build(graph, $"{name}.attention", graph.LayerNorm($"{name}.norm1", x, FirstNorm), x, space, persistent: false);
        return FeedForward.Build(graph, name, graph.LayerNorm($"{name}.norm2", x, SecondNorm), x);
    }
}
