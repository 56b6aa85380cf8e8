using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y[b, j, i] = x[b, i, j].</summary>
public sealed class Transpose : Operation<TransposeArgs>
{
    internal static readonly Variant<TransposeArgs>[] Variants =
    [
        new KernelVariant<TransposeArgs>(
            "transpose-naive",
            VariantKind.Naive,
            TransposeNaive.Kernel,
            traits => (in TransposeArgs args) => RowGrid.ThreadPerItem(traits, Elements(args))),
        new KernelVariant<TransposeArgs>(
            "transpose-tile32",
            VariantKind.Group,
            TransposeGroup.Kernel,
            traits => (in TransposeArgs args) =>
                new KernelConfig(Tiles(args), Math.Min(traits.MaxGroupSize, TransposeGroup.MostThreads))),
        TransposeCpu.Variant,
    ];

    internal Transpose(KernelSet kernels)
        : base(kernels, "Transpose", Variants)
    {
    }

    /// <summary>y[b, j, i] = x[b, i, j] for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, [batch, rows, columns].</param>
    /// <param name="y">y, [batch, columns, rows]; not x.</param>
    /// <param name="batch">Matrices.</param>
    /// <param name="rows">Rows of each x.</param>
    /// <param name="columns">Columns of each x.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(AcceleratorStream stream, ArrayView<float> x, ArrayView<float> y, int batch, int rows, int columns) =>
        Run(stream, new TransposeArgs
        {
            X = RowView.Dense(x, columns),
            Y = RowView.Dense(y, rows),
            Batch = batch,
            Rows = rows,
            Columns = columns,
        });

    /// <inheritdoc/>
    protected override void Check(in TransposeArgs args)
    {
        ShapeCheck.AtLeast(Name, "batch", args.Batch, 0);
        ShapeCheck.Width(Name, args.Columns);
        ShapeCheck.Between(Name, "rows", args.Rows, 1, int.MaxValue - 8192);
        ShapeCheck.Rows(Name, "x", args.X, (long)args.Batch * args.Rows, args.Columns);
        ShapeCheck.Rows(Name, "y", args.Y, (long)args.Batch * args.Columns, args.Rows);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in TransposeArgs args) => args.Batch == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in TransposeArgs args) =>
        ($"{args.Batch}x{args.Rows}x{args.Columns}", 0, 8 * Elements(args));

    private static long Elements(in TransposeArgs args) => (long)args.Batch * args.Rows * args.Columns;

    private static int Tiles(in TransposeArgs args) =>
        checked(args.Batch
            * (((args.Rows - 1) >> TransposeGroup.TileShift) + 1)
            * (((args.Columns - 1) >> TransposeGroup.TileShift) + 1));
}
