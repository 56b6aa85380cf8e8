using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>The mask head of DETR for panoptic segmentation: where each query looks, refined by convolutions over ever
/// larger feature maps of the backbone. The first convolution's part over the image's features is computed once an image
/// and not once a query.</summary>
internal sealed class DetrMaskHead
{
    private const float Epsilon = 1e-5f;
    private const int MostGroups = 8;

    private readonly DetrConfig _config;
    private readonly LinearWeights _query;
    private readonly LinearWeights _key;
    private readonly ConvolutionLayer _features;
    private readonly ConvolutionLayer _looks;
    private readonly Stage[] _stages;
    private readonly NormWeights _firstNorm;
    private readonly ConvolutionLayer[] _adapters;
    private readonly ConvolutionLayer _output;

    public DetrMaskHead(DetrConfig config, WeightLoader load)
    {
        _config = config;
        var (d, heads) = (config.DModel, config.EncoderAttentionHeads);
        _query = load.Linear("bbox_attention.q_linear", d, d);
        _key = load.Linear("bbox_attention.k_linear", d, d);
        _features = Kernel(load.Convolution("mask_head.lay1", d + heads, d + heads, [3, 3], 0, d));
        _looks = Kernel(load.Convolution("mask_head.lay1", d + heads, d + heads, [3, 3], d, heads, bias: false));
        _firstNorm = load.Norm("mask_head.gn1", d + heads, Epsilon);
        int[] widths = [d + heads, d / 2, d / 4, d / 8, d / 16];
        _stages = [.. Enumerable.Range(2, 4).Select(i => new Stage(
            Kernel(load.Convolution($"mask_head.lay{i}", widths[i - 1], widths[i - 2], [3, 3])),
            load.Norm($"mask_head.gn{i}", widths[i - 1], Epsilon)))];
        _adapters = [.. Enumerable.Range(0, 3).Select(i => new ConvolutionLayer(
            load.Convolution(
                $"mask_head.adapter{i + 1}", widths[i + 1], config.Backbone.ChannelsOf(config.Backbone.OutputStages[2 - i]), [1, 1]),
            1,
            1))];
        _output = Kernel(load.Convolution("mask_head.out_lay", 1, d / 16, [3, 3]));
    }

    /// <summary>Mask logits of every query, [images · queries · height · width, 1].</summary>
    /// <param name="images">Spaces of the images.</param>
    /// <param name="perQuery">Spaces of a map for each query of each image.</param>
    /// <param name="projected">The features that the encoder started from.</param>
    /// <param name="maps">The backbone's feature maps, large to small.</param>
    /// <param name="hidden">The decoder's output, [images · queries, d_model].</param>
    /// <param name="memory">The encoder's output at the positions that are no padding.</param>
    /// <param name="rowOf">The row of the memory of each position, -1 for padding.</param>
    public FeatureMap Build(
        MapSpaces images,
        MapSpaces perQuery,
        FeatureMap projected,
        FeatureMap[] maps,
        GraphTensor hidden,
        GraphTensor memory,
        IntTable rowOf)
    {
        var graph = images.Graph;
        var looks = graph.SpatialAttention(
            "bbox_attention",
            graph.Linear(_query.Name, hidden, _query),
            graph.Linear(_key.Name, memory, _key),
            perQuery.Of(projected.Height, projected.Width),
            rowOf,
            _config.NumQueries,
            _config.EncoderAttentionHeads);
        var x = Merge(perQuery, _looks.Build(perQuery, projected with { Rows = looks }), _features.Build(images, projected));
        x = Norm(perQuery, x, _firstNorm);
        x = Refine(perQuery, x, _stages[0]);
        for (var i = 0; i < _adapters.Length; i++)
        {
            x = Merge(perQuery, x, _adapters[i].Build(images, maps[2 - i]));
            x = Refine(perQuery, x, _stages[i + 1]);
        }

        return _output.Build(perQuery, x);
    }

    private static ConvolutionLayer Kernel(LinearWeights weights) => new(weights, 3, 3, Padding: 1);

    /// <summary>x at the size of an image's features, plus those.</summary>
    private FeatureMap Merge(MapSpaces perQuery, FeatureMap x, FeatureMap features)
    {
        var (height, width) = (features.Height, features.Width);
        var merged = perQuery.Graph.Upsample(
            features.Rows.Tensor.Name, x.Rows, features.Rows, perQuery.Of(height, width), new UpsampleArgs
            {
                Height = x.Height,
                Width = x.Width,
                OutHeight = height,
                OutWidth = width,
                Repeat = _config.NumQueries,
                ScaleHeight = (float)x.Height / height,
                ScaleWidth = (float)x.Width / width,
            });
        return new FeatureMap(merged, height, width);
    }

    private FeatureMap Refine(MapSpaces perQuery, FeatureMap x, Stage stage) =>
        Norm(perQuery, stage.Convolution.Build(perQuery, x), stage.Norm);

    private FeatureMap Norm(MapSpaces perQuery, FeatureMap x, NormWeights norm) => x with
    {
        Rows = perQuery.Graph.GroupNorm(
            norm.Name,
            x.Rows,
            perQuery.Images,
            x.Height * x.Width,
            norm,
            Math.Min(MostGroups, norm.Width),
            _config.ActivationFunction),
    };

    /// <summary>A convolution and the norm behind it.</summary>
    private sealed record Stage(ConvolutionLayer Convolution, NormWeights Norm);
}
