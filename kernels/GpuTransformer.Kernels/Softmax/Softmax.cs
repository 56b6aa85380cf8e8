using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Softmax of rows with scale, intervals and additive mask fused: y[r] = softmax(scale · x[r] + mask[r]).
/// The row's maximum is subtracted first; a fully masked row gives zeros.</summary>
public sealed class Softmax : Operation<SoftmaxArgs>
{
    internal static readonly Variant<SoftmaxArgs>[] Variants =
    [
        new KernelVariant<SoftmaxArgs>(
            "softmax-naive", VariantKind.Naive, SoftmaxNaive.Kernel,
            traits => (in SoftmaxArgs args) => RowGrid.ThreadPerItem(traits, args.Rows.Capacity)),
        new KernelVariant<SoftmaxArgs>(
            "softmax-stream", VariantKind.Group, SoftmaxGroupStream.Kernel,
            traits => (in SoftmaxArgs args) => Grid(traits, args)),
        Shared<Columns4096>(),
        Shared<Columns1024>(),
        SoftmaxCpu.Variant,
    ];

    internal Softmax(KernelSet kernels)
        : base(kernels, "Softmax", Variants)
    {
    }

    /// <summary>y = softmax(scale · x) over all columns.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width), contiguous.</param>
    /// <param name="y">y, (rows, width), contiguous; may be x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="scale">Factor on x.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> y, int rows, int width, float scale = 1f) =>
        Run(stream, Dense(x, y, rows, width, scale));

    /// <summary>y = softmax(scale · x + mask), where row r adds row r / rowsPerMask of the mask.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width), contiguous.</param>
    /// <param name="mask">mask, (ceil(rows / rowsPerMask), width), contiguous; -infinity hides a column.</param>
    /// <param name="y">y, (rows, width), contiguous; may be x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="rowsPerMask">Consecutive rows that share a row of the mask.</param>
    /// <param name="scale">Factor on x before the mask is added.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> mask, ArrayView<float> y,
        int rows, int width, int rowsPerMask = 1, float scale = 1f)
    {
        var args = Dense(x, y, rows, width, scale);
        args.Mask = RowView.Dense(mask, width);
        args.HasMask = 1;
        args.RowsPerMask = rowsPerMask;
        Run(stream, args);
    }

    /// <inheritdoc/>
    protected override void Check(in SoftmaxArgs args)
    {
        ShapeCheck.AtLeast(Name, "width", args.Width, 1);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Rows(Name, "x", args.X, args.Rows.Capacity, args.Width);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.Width);
        ShapeCheck.Finite(Name, "scale", args.Scale);
        if (args.HasIntervals != 0)
        {
            ShapeCheck.AtLeast(Name, "rowsPerInterval", args.RowsPerInterval, 1);
            ShapeCheck.Elements(Name, "intervals", args.Intervals, 0, 2 * ItemsFor(args.Rows.Capacity, args.RowsPerInterval));
        }

        if (args.HasMask != 0)
        {
            ShapeCheck.AtLeast(Name, "rowsPerMask", args.RowsPerMask, 1);
            ShapeCheck.Rows(Name, "mask", args.Mask, ItemsFor(args.Rows.Capacity, args.RowsPerMask), args.Width);
        }
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in SoftmaxArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in SoftmaxArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        var mask = args.HasMask == 0 ? 0 : ItemsFor(args.Rows.Capacity, args.RowsPerMask) * args.Width;
        return ($"{args.Rows.Capacity}x{args.Width}", 22 * elements, sizeof(float) * (2 * elements + mask));
    }

    private static SoftmaxArgs Dense(ArrayView<float> x, ArrayView<float> y, int rows, int width, float scale) => new()
    {
        X = RowView.Dense(x, width),
        Y = RowView.Dense(y, width),
        Width = width,
        Rows = ActiveRows.Fixed(rows),
        Scale = scale,
        RowsPerInterval = 1,
        RowsPerMask = 1,
    };

    /// <summary>How many intervals or mask rows serve the rows.</summary>
    private static long ItemsFor(int rows, int rowsPerItem) => ((long)rows + rowsPerItem - 1) / rowsPerItem;

    private static KernelVariant<SoftmaxArgs> Shared<TCapacity>()
        where TCapacity : struct, IRowCapacity =>
        new($"softmax-shared-{TCapacity.Columns}", VariantKind.Group, SoftmaxGroupShared<TCapacity>.Kernel,
            traits => (in SoftmaxArgs args) => Grid(traits, args),
            (DeviceTraits traits, in SoftmaxArgs args) => args.Width <= TCapacity.Columns);

    /// <summary>Eight columns a thread: enough loads in flight, few threads to reduce over.</summary>
    private static KernelConfig Grid(DeviceTraits traits, in SoftmaxArgs args) =>
        RowGrid.GroupPerRow(traits, args.Rows.Capacity, args.Width, 8, SoftmaxGroupStream.MostThreads);
}
