using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Attention weights of queries over the heads and positions of an image together; no values are read.</summary>
public sealed class SpatialAttention : Operation<SpatialAttentionArgs>
{
    internal static readonly Variant<SpatialAttentionArgs>[] Variants =
    [
        new KernelVariant<SpatialAttentionArgs>(
            "spatialattention-naive", VariantKind.Naive, SpatialAttentionNaive.Kernel,
            traits => (in SpatialAttentionArgs args) => RowGrid.ThreadPerItem(traits, args.Rows.Capacity)),
        new KernelVariant<SpatialAttentionArgs>(
            "spatialattention-group", VariantKind.Group, SpatialAttentionGroup.Kernel,
            traits => (in SpatialAttentionArgs args) => RowGrid.GroupPerRow(
                traits, args.Rows.Capacity, args.Positions * args.NumHeads, 4, SpatialAttentionGroup.MostThreads)),
        SpatialAttentionCpu.Variant,
    ];

    internal SpatialAttention(KernelSet kernels)
        : base(kernels, "SpatialAttention", Variants)
    {
    }

    /// <summary>The weights of contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="query">q, [images, queries, numHeads · headDim].</param>
    /// <param name="key">k, [images, positions, numHeads · headDim].</param>
    /// <param name="keyTable">The row of k of each position, [images, positions]; -1: the position counts for nothing.</param>
    /// <param name="y">y, [images, queries, positions, numHeads].</param>
    /// <param name="images">Images.</param>
    /// <param name="queries">Queries of an image.</param>
    /// <param name="positions">Positions of an image.</param>
    /// <param name="numHeads">Heads.</param>
    /// <param name="headDim">Columns of a head.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> query, ArrayView<float> key, ArrayView<int> keyTable, ArrayView<float> y,
        int images, int queries, int positions, int numHeads, int headDim) =>
        Run(stream, new SpatialAttentionArgs
        {
            Query = RowView.Dense(query, numHeads * headDim),
            Key = RowView.Dense(key, numHeads * headDim),
            KeyRows = images * positions,
            KeyTable = keyTable,
            Y = RowView.Dense(y, numHeads),
            Rows = ActiveRows.Fixed(images * queries),
            Queries = queries,
            Positions = positions,
            NumHeads = numHeads,
            HeadDim = headDim,
            Scale = 1f / MathF.Sqrt(headDim),
        });

    /// <inheritdoc/>
    protected override void Check(in SpatialAttentionArgs args)
    {
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.AtLeast(Name, "queries", args.Queries, 1);
        ShapeCheck.AtLeast(Name, "headDim", args.HeadDim, 1);
        ShapeCheck.AtLeast(Name, "numHeads", args.NumHeads, 1);
        ShapeCheck.Between(Name, "positions", args.Positions, 1, (int.MaxValue - 8192) / args.NumHeads);
        ShapeCheck.Width(Name, (long)args.NumHeads * args.HeadDim);
        ShapeCheck.Finite(Name, "scale", args.Scale);
        var images = (args.Rows.Capacity + (long)args.Queries - 1) / args.Queries;
        ShapeCheck.Rows(Name, "q", args.Query, args.Rows.Capacity, args.NumHeads * args.HeadDim);
        ShapeCheck.Rows(Name, "k", args.Key, args.KeyRows, args.NumHeads * args.HeadDim);
        ShapeCheck.Elements(Name, "keyTable", args.KeyTable, 0, images * args.Positions);
        ShapeCheck.Rows(Name, "y", args.Y, (long)args.Rows.Capacity * args.Positions, args.NumHeads);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in SpatialAttentionArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in SpatialAttentionArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Positions * args.NumHeads;
        return (
            $"{args.Rows.Capacity}x{args.Positions} positions x{args.NumHeads}x{args.HeadDim}",
            elements * (2 * args.HeadDim + 40),
            24 * elements);
    }
}
