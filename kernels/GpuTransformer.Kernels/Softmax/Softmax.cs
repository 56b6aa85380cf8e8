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
        Stream<RowScalars>("softmax-stream-scalar"),
        Stream<RowVectors>("softmax-stream"),
        .. Registers<RowTeam1024>(),
        .. Registers<RowTeam256>(),
        .. Registers<RowTeam128>(),
        .. Registers<RowTeam32>(),
        .. Registers<RowTeam8>(),
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

    internal override ShapeClass? ClassOf(in SoftmaxArgs args) =>
        new ShapeClass(ShapeClass.Of(args.Rows.Capacity), ShapeClass.Of(args.Width), 0, args.HasMask);

    /// <inheritdoc/>
    protected override void Check(in SoftmaxArgs args)
    {
        ShapeCheck.Between(Name, "width", args.Width, 1, RowTeams.Widest);
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

    private static KernelVariant<SoftmaxArgs> Stream<TAccess>(string name)
        where TAccess : struct, IRowAccess =>
        new(name, VariantKind.Group, SoftmaxGroupStream<TAccess>.Kernel,
            traits => (in SoftmaxArgs args) => TeamGrid.GroupPerRow(traits, args.Rows.Capacity, args.Width),
            (DeviceTraits traits, in SoftmaxArgs args) => TAccess.Exchanges || IsAligned(args));

    private static KernelVariant<SoftmaxArgs>[] Registers<TTeam>()
        where TTeam : struct, IRowTeam =>
        [Registers<TTeam, RowScalars>("-scalar"), Registers<TTeam, RowVectors>("")];

    private static KernelVariant<SoftmaxArgs> Registers<TTeam, TAccess>(string suffix)
        where TTeam : struct, IRowTeam
        where TAccess : struct, IRowAccess =>
        new($"softmax-registers-{TTeam.Lanes}{suffix}", VariantKind.Group, SoftmaxGroupRegisters<TTeam, TAccess>.Kernel,
            traits => (in SoftmaxArgs args) => TeamGrid.Teams<TTeam>(traits, args.Rows.Capacity),
            (DeviceTraits traits, in SoftmaxArgs args) =>
                TeamGrid.Fits<TTeam>(traits, args.Width) && (TAccess.Exchanges || IsAligned(args)))
        { Limits = TeamGrid.Limits<TTeam>() };

    private static bool IsAligned(in SoftmaxArgs args) =>
        (args.Width & 3) == 0 && ShapeCheck.IsVectorAligned(args.X) && ShapeCheck.IsVectorAligned(args.Y)
        && (args.HasMask == 0 || ShapeCheck.IsVectorAligned(args.Mask));
}
