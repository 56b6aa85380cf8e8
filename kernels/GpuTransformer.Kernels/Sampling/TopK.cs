using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>The k largest of each row, largest first, among equals the smaller index first; k = 1 is argmax. Indices are
/// always in range; NaN counts as smaller than everything and is reported.</summary>
public sealed class TopK : Operation<TopKArgs>
{
    internal static readonly Variant<TopKArgs>[] Variants =
    [
        new KernelVariant<TopKArgs>(
            "topk-naive",
            VariantKind.Naive,
            TopKNaive.Kernel,
            traits => (in TopKArgs args) => RowGrid.ThreadPerItem(traits, args.Rows.Capacity)),
        new KernelVariant<TopKArgs>(
            "topk-select",
            VariantKind.Group,
            TopKGroup.Kernel,
            traits => (in TopKArgs args) => RowGrid.GroupPerRow(
                traits, args.Rows.Capacity, args.Width, ElementsPerThread, TopKGroup.MostThreads)),
        TopKCpu.Variant,
    ];

    /// <summary>Few, since a thread whose element was taken reads its share again while the others wait.</summary>
    private const int ElementsPerThread = 32;

    internal TopK(KernelSet kernels)
        : base(kernels, "TopK", Variants)
    {
    }

    /// <summary>The k largest of each row of a contiguous matrix.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width).</param>
    /// <param name="indices">Indices, (rows, k).</param>
    /// <param name="values">Values, (rows, k).</param>
    /// <param name="status">One integer; receives r + 1 of the last row that holds NaN, else stays.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns, at least k.</param>
    /// <param name="k">How many; 1 is argmax.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> x,
        ArrayView<int> indices,
        ArrayView<float> values,
        ArrayView<int> status,
        int rows,
        int width,
        int k = 1) =>
        Run(stream, new TopKArgs
        {
            X = RowView.Dense(x, width),
            Width = width,
            K = k,
            Indices = indices,
            Values = values,
            Rows = ActiveRows.Fixed(rows),
            Status = status,
        });

    /// <inheritdoc/>
    protected override void Check(in TopKArgs args)
    {
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Between(Name, "k", args.K, 1, args.Width);
        ShapeCheck.Rows(Name, "x", args.X, args.Rows.Capacity, args.Width);
        ShapeCheck.Elements(Name, "indices", args.Indices, args.IndicesOffset, (long)args.Rows.Capacity * args.K);
        ShapeCheck.Elements(Name, "values", args.Values, args.ValuesOffset, (long)args.Rows.Capacity * args.K);
        ShapeCheck.Elements(Name, "status", args.Status, args.StatusSlot, 1);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in TopKArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in TopKArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        return ($"{args.K} of {args.Rows.Capacity}x{args.Width}", elements, 4 * elements + 8L * args.Rows.Capacity * args.K);
    }
}
