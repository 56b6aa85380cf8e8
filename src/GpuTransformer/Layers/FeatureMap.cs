using GpuTransformer.Graph;

namespace GpuTransformer.Layers;

/// <summary>Images of features: rows of (image, line, column), channels adjacent.</summary>
/// <param name="Rows">[images · height · width, channels].</param>
/// <param name="Height">Lines.</param>
/// <param name="Width">Pixels of a line.</param>
internal readonly record struct FeatureMap(GraphTensor Rows, int Height, int Width);

/// <summary>The row spaces of images of one set, one for each size.</summary>
/// <param name="graph">Where.</param>
/// <param name="images">The images.</param>
/// <param name="mostUnfolded">The most elements that a convolution unfolds at once; the rest follows band by band.</param>
internal sealed class MapSpaces(GraphBuilder graph, RowSpace images, int mostUnfolded = MapSpaces.UnfoldedElements)
{
    /// <summary>4 MB of float32: what is unfolded stays in the second-level caches until the matmul has read it. With
    /// 64 MB, ResNet-50 and the mask head over 800 x 1066 pixels took twice as long on two cores.</summary>
    public const int UnfoldedElements = 1 << 20;

    private readonly Dictionary<(int Height, int Width), RowSpace> _spaces = [];

    public GraphBuilder Graph => graph;

    public RowSpace Images => images;

    /// <summary>Rows of images of this size.</summary>
    public RowSpace Of(int height, int width)
    {
        if (!_spaces.TryGetValue((height, width), out var space))
        {
            space = graph.RowsFor($"{images.Name}.{height}x{width}", images, checked(height * width));
            _spaces.Add((height, width), space);
        }

        return space;
    }

    /// <summary>The bands of rows [first, ...) that images of this size are unfolded in.</summary>
    public IEnumerable<(RowSpace Rows, int First)> Bands(int height, int width, int rowWidth)
    {
        var whole = Of(height, width);
        var most = Math.Max(1, mostUnfolded / rowWidth);
        if (most >= whole.Capacity)
        {
            yield return (whole, 0);
            yield break;
        }

        for (var first = 0; first < whole.Capacity; first += most)
        {
            yield return (graph.RowsFor($"{whole.Name}.band", images, height * width, first, most), first);
        }
    }
}
