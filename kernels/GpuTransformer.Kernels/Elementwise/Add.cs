using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y = a + b, element by element.</summary>
public sealed class Add : Operation<AddArgs>
{
    internal static readonly Variant<AddArgs>[] Variants =
    [
        .. RowMapVariants<AddMap, AddArgs>.Table(
            "add",
            (in AddArgs args) => args.Rows.Capacity,
            (in AddArgs args) => ShapeCheck.IsVectorAligned(args.A)
                && ShapeCheck.IsVectorAligned(args.B)
                && ShapeCheck.IsVectorAligned(args.Y)),
        AddCpu.Variant,
    ];

    internal Add(KernelSet kernels)
        : base(kernels, "Add", Variants)
    {
    }

    /// <summary>y = a + b for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="a">a, (rows, width).</param>
    /// <param name="b">b, (rows, width).</param>
    /// <param name="y">y, (rows, width); it may be a or b.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, int rows, int width) =>
        Run(stream, new AddArgs
        {
            A = RowView.Dense(a, width),
            B = RowView.Dense(b, width),
            Y = RowView.Dense(y, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
        });

    /// <inheritdoc/>
    protected override void Check(in AddArgs args)
    {
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Rows(Name, "a", args.A, args.Rows.Capacity, args.Width);
        ShapeCheck.Rows(Name, "b", args.B, args.Rows.Capacity, args.Width);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.Width);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in AddArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in AddArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        return ($"{args.Rows.Capacity}x{args.Width}", elements, 12 * elements);
    }
}
