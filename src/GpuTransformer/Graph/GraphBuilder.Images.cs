using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>The operations on images whose channels are adjacent: rows of (image, line, column).</summary>
internal sealed partial class GraphBuilder
{
    /// <summary>activation(convolution(x) + bias) [+ residual].</summary>
    /// <param name="layer">The layer, as messages name it.</param>
    /// <param name="x">Where the images are.</param>
    /// <param name="rows">The positions.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="weights">(outputs, kernelHeight · kernelWidth · channels).</param>
    /// <param name="activation">Comes before the residual.</param>
    /// <param name="residual">Added last.</param>
    public GraphTensor Convolution(
        string layer, GraphTensor x, RowSpace rows, ConvolutionGeometry geometry, LinearWeights weights,
        ActivationKind activation = ActivationKind.None, GraphTensor? residual = null)
    {
        ExpectLength(layer, $"what a position sees against {weights.Name}", geometry.RowWidth, weights.InFeatures);
        var y = Tensor(layer, rows, weights.OutFeatures);
        if (residual is { } r)
        {
            Expect(layer, "residual", r, rows, weights.OutFeatures);
        }

        Add(layer, [x, residual], y, k => k.Convolution, s => new ConvolutionArgs
        {
            X = s.RowsIn(x).Data,
            XOffset = s.RowsIn(x).Offset,
            Image = geometry,
            Product = Product(s, weights, part: 0, column: 0, y, activation, residual, gate: null),
        });
        return y;
    }

    /// <summary>activation(x).</summary>
    public GraphTensor Activate(string layer, GraphTensor x, ActivationKind activation)
    {
        var y = Tensor(layer, x.Rows, x.Width);
        Add(layer, [x], y, k => k.Activation, s => new ActivationArgs
        {
            X = s.RowsIn(x),
            Y = s.RowsIn(y),
            Width = x.Width,
            Rows = s.Active(x.Rows),
            Activation = (int)activation,
        });
        return y;
    }

    /// <summary>The largest value under a kernel, into the rows of the smaller images.</summary>
    public GraphTensor MaxPool(string layer, GraphTensor x, RowSpace rows, MaxPoolArgs geometry)
    {
        var y = Tensor(layer, rows, x.Width);
        Add(layer, [x], y, k => k.MaxPool, s => geometry with
        {
            X = s.RowsIn(x),
            Y = s.RowsIn(y),
            Rows = s.Active(rows),
            Channels = x.Width,
        });
        return y;
    }

    /// <summary>Images resized to the nearest pixel, plus <paramref name="added"/>, whose images serve
    /// <see cref="UpsampleArgs.Repeat"/> of x's each.</summary>
    public GraphTensor Upsample(string layer, GraphTensor x, GraphTensor added, RowSpace rows, UpsampleArgs geometry)
    {
        ExpectLength(layer, $"a row of {added.Tensor.Name}", added.Width, x.Width);
        var y = Tensor(layer, rows, x.Width);
        Add(layer, [x, added], y, k => k.Upsample, s => geometry with
        {
            X = s.RowsIn(x),
            Added = s.RowsIn(added),
            HasAdded = 1,
            Y = s.RowsIn(y),
            Rows = s.Active(rows),
            Channels = x.Width,
        });
        return y;
    }

    /// <summary>activation(GroupNorm(x)) of images of <paramref name="spatial"/> rows each.</summary>
    public GraphTensor GroupNorm(
        string layer, GraphTensor x, RowSpace images, int spatial, NormWeights weights, int groups, ActivationKind activation)
    {
        ExpectLength(layer, $"{weights.Name} against {x.Tensor.Name}", weights.Width, x.Width);
        var y = Tensor(layer, x.Rows, x.Width);
        Add(layer, [x], y, k => k.GroupNorm, s => new GroupNormArgs
        {
            X = s.RowsIn(x),
            Y = s.RowsIn(y),
            Weight = weights.Weight.View,
            Bias = weights.Bias!.View,
            Images = s.Active(images),
            Spatial = spatial,
            Channels = x.Width,
            Groups = groups,
            Epsilon = weights.Epsilon,
            Activation = (int)activation,
        });
        return y;
    }

    /// <summary>Where each query looks: weights over heads and positions together, rows of (query, position).</summary>
    /// <param name="layer">The layer, as messages name it.</param>
    /// <param name="query">[images · queries, heads · head].</param>
    /// <param name="key">Keys of the positions that have one.</param>
    /// <param name="rows">(query, position).</param>
    /// <param name="keyTable">The row of <paramref name="key"/> of each position of each image, -1: none.</param>
    /// <param name="queries">Queries of an image.</param>
    /// <param name="numHeads">Heads.</param>
    public GraphTensor SpatialAttention(
        string layer, GraphTensor query, GraphTensor key, RowSpace rows, IntTable keyTable, int queries, int numHeads)
    {
        ExpectLength(layer, $"a row of {key.Tensor.Name}", key.Width, query.Width);
        var positions = rows.Capacity / query.Rows.Capacity;
        var y = Tensor(layer, rows, numHeads);
        Add(layer, [query, key], y, k => k.SpatialAttention, s => new SpatialAttentionArgs
        {
            Query = s.RowsIn(query),
            Key = s.RowsIn(key),
            KeyRows = key.Rows.Capacity,
            KeyTable = s.TableView(keyTable),
            Y = s.RowsIn(y),
            Rows = s.Active(query.Rows),
            Queries = queries,
            Positions = positions,
            NumHeads = numHeads,
            HeadDim = query.Width / numHeads,
            Scale = 1f / MathF.Sqrt(query.Width / numHeads),
        });
        return y;
    }
}
