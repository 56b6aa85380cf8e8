using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y[r] = x[indices[r]], every index guarded and reported.</summary>
public sealed class Gather : Operation<GatherArgs>
{
    internal static readonly Variant<GatherArgs>[] Variants =
    [
        .. RowMapVariants<GatherMap, GatherArgs>.Table(
            "gather",
            (in GatherArgs args) => args.Rows.Capacity,
            (in GatherArgs args) => ShapeCheck.IsVectorAligned(args.X) && ShapeCheck.IsVectorAligned(args.Y)),
        GatherCpu.Variant,
    ];

    internal Gather(KernelSet kernels)
        : base(kernels, "Gather", Variants)
    {
    }

    /// <summary>y[r] = x[indices[r]] for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (sourceRows, width).</param>
    /// <param name="indices">indices, (rows); one outside x is read as 0 and reported.</param>
    /// <param name="y">y, (rows, width).</param>
    /// <param name="status">One integer; receives r + 1 of the last row whose index is outside, else stays.</param>
    /// <param name="sourceRows">Rows of x.</param>
    /// <param name="rows">Rows of y.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> x,
        ArrayView<int> indices,
        ArrayView<float> y,
        ArrayView<int> status,
        int sourceRows,
        int rows,
        int width) =>
        Run(stream, new GatherArgs
        {
            X = RowView.Dense(x, width),
            SourceRows = sourceRows,
            Indices = indices,
            Y = RowView.Dense(y, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Status = status,
        });

    /// <inheritdoc/>
    protected override void Check(in GatherArgs args)
    {
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.AtLeast(Name, "sourceRows", args.SourceRows, 1);
        ShapeCheck.Rows(Name, "x", args.X, args.SourceRows, args.Width);
        ShapeCheck.Elements(Name, "indices", args.Indices, args.IndicesOffset, args.Rows.Capacity);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.Width);
        ShapeCheck.Elements(Name, "status", args.Status, args.StatusSlot, 1);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in GatherArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in GatherArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        return ($"{args.Rows.Capacity} of {args.SourceRows} x{args.Width}", 0, 8 * elements);
    }
}
