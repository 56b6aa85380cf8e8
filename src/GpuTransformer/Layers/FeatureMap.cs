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
internal sealed class MapSpaces(GraphBuilder graph, RowSpace images)
{
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
}
