using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y[r] = [a[r], b[r]]: columns side by side.</summary>
public sealed class Concat : Operation<ConcatArgs>
{
    internal static readonly Variant<ConcatArgs>[] Variants =
    [
        .. RowMapVariants<ConcatMap, ConcatArgs>.Table(
            "concat",
            (in ConcatArgs args) => args.Rows.Capacity,
            (in ConcatArgs args) => (args.WidthA & 3) == 0
                && ShapeCheck.IsVectorAligned(args.A)
                && ShapeCheck.IsVectorAligned(args.B)
                && ShapeCheck.IsVectorAligned(args.Y)),
        ConcatCpu.Variant,
    ];

    internal Concat(KernelSet kernels)
        : base(kernels, "Concat", Variants)
    {
    }

    /// <summary>y[r] = [a[r], b[r]] for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="a">a, (rows, widthA).</param>
    /// <param name="b">b, (rows, widthB).</param>
    /// <param name="y">y, (rows, widthA + widthB).</param>
    /// <param name="rows">Rows.</param>
    /// <param name="widthA">Columns of a.</param>
    /// <param name="widthB">Columns of b.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> a,
        ArrayView<float> b,
        ArrayView<float> y,
        int rows,
        int widthA,
        int widthB) =>
        Run(stream, new ConcatArgs
        {
            A = RowView.Dense(a, widthA),
            B = RowView.Dense(b, widthB),
            Y = RowView.Dense(y, widthA + widthB),
            WidthA = widthA,
            WidthB = widthB,
            Rows = ActiveRows.Fixed(rows),
        });

    /// <inheritdoc/>
    protected override void Check(in ConcatArgs args)
    {
        ShapeCheck.AtLeast(Name, "widthA", args.WidthA, 0);
        ShapeCheck.AtLeast(Name, "widthB", args.WidthB, 0);
        ShapeCheck.Width(Name, (long)args.WidthA + args.WidthB);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Rows(Name, "a", args.A, args.Rows.Capacity, args.WidthA);
        ShapeCheck.Rows(Name, "b", args.B, args.Rows.Capacity, args.WidthB);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.WidthA + args.WidthB);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in ConcatArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in ConcatArgs args)
    {
        var elements = (long)args.Rows.Capacity * (args.WidthA + args.WidthB);
        return ($"{args.Rows.Capacity}x({args.WidthA}+{args.WidthB})", 0, 8 * elements);
    }
}
