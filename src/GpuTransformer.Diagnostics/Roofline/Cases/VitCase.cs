using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Weights of a ViT-B/16 (Dosovitskiy et al. 2020, arXiv:2010.11929, table 1) for 1000 classes.</summary>
internal sealed class VitWeights(RandomLayers layers)
{
    public const int ImageSize = 224;
    public const int PatchSize = 16;
    public const int Channels = 3;
    public const int Layers = 12;
    public const int Classes = 1000;
    public const int Patches = ImageSize / PatchSize * (ImageSize / PatchSize);
    public const int PatchWidth = Channels * PatchSize * PatchSize;

    private static readonly EncoderSizes s_sizes = EncoderSizes.Base;

    public EmbeddingWeights ClassToken { get; } = layers.Table("class token", 1, s_sizes.HiddenSize);

    public EmbeddingWeights Positions { get; } = layers.Table("positions", Patches + 1, s_sizes.HiddenSize);

    public LinearWeights Projection { get; } = layers.Linear("projection", PatchWidth, s_sizes.HiddenSize);

    public EncoderLayerWeights[] Encoder { get; } =
        [.. Enumerable.Range(0, Layers).Select(i => layers.EncoderLayer($"layer.{i}", s_sizes))];

    public NormWeights Norm { get; } = layers.Norm("norm", s_sizes.HiddenSize);

    public LinearWeights Classifier { get; } = layers.Linear("classifier", s_sizes.HiddenSize, Classes);

    /// <summary>Patch projection, layers, and the classifier on one row.</summary>
    public static double Flops =>
        2.0 * Patches * PatchWidth * s_sizes.HiddenSize + Layers * s_sizes.Flops(Patches + 1) + 2.0 * s_sizes.HiddenSize * Classes;
}

/// <summary>One image through ViT-B/16, from pixels to class logits.</summary>
internal sealed class VitCase : SessionCase
{
    private static readonly ConvolutionGeometry s_geometry = ConvolutionGeometry.Patches(
        VitWeights.Channels, VitWeights.ImageSize, VitWeights.ImageSize, VitWeights.PatchSize, VitWeights.PatchSize);

    private readonly GraphTensor _hidden;

    public VitCase(BenchDevice device, VitWeights weights)
        : base("ViT-B/16", "1 image 224x224", new Work(VitWeights.Flops, 0, IsMemoryBound: false))
    {
        const int Tokens = VitWeights.Patches + 1;
        var graph = new GraphBuilder("ViT-B/16");
        var images = graph.Rows("images", 1);
        var patches = graph.Rows("patches", VitWeights.Patches);
        var space = TokenSpace.Declare(graph, "tokens", Tokens, 1, Tokens, packed: true);
        var first = graph.Table("class tokens", 1);
        var pixels = graph.Input("pixels", images, VitWeights.Channels * VitWeights.ImageSize * VitWeights.ImageSize);

        // An output too, else the arena gives its place away and the next run reads something else.
        graph.Output("pixels", pixels);
        var x = graph.Convolution("projection", pixels, patches, s_geometry, weights.Projection);
        x = graph.AssembleTokens("embeddings", x, images, space.Rows, weights.ClassToken, weights.Positions);
        for (var i = 0; i < weights.Encoder.Length; i++)
        {
            x = weights.Encoder[i].BuildPreNorm(graph, $"layer.{i}", x, space);
        }

        _hidden = graph.LayerNorm("norm", x, weights.Norm);
        graph.Output("hidden", _hidden);
        graph.Output("logits", graph.Linear("classifier", graph.Gather("class token", _hidden, images, first), weights.Classifier));
        Open(device, graph);
        FillOneSequence(space, Tokens);
        Session.SetRows(images, 1);
        Session.SetRows(patches, VitWeights.Patches);
        Session.Table(first)[0] = 0;
        var values = new float[pixels.Width];
        RandomValues.Fill("pixels", 0, 1f, values);
        Session.Write(pixels, values);
    }

    public override void Verify() => ExpectNormalized(_hidden, VitWeights.Patches + 1);
}
