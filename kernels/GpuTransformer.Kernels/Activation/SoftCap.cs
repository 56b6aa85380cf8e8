using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Draws elements towards zero so that none exceeds a cap (Gemma 2, arXiv:2408.00118, 2.1).</summary>
public sealed class SoftCap : Operation<SoftCapArgs>
{
    internal static readonly Variant<SoftCapArgs>[] Variants =
    [
        .. RowMapVariants<SoftCapMap, SoftCapArgs>.Table(
            "softcap",
            (in SoftCapArgs args) => args.Rows.Capacity,
            (in SoftCapArgs args) => ShapeCheck.IsVectorAligned(args.X) && ShapeCheck.IsVectorAligned(args.Y)),
        SoftCapCpu.Variant,
    ];

    internal SoftCap(KernelSet kernels)
        : base(kernels, "SoftCap", Variants)
    {
    }

    /// <summary>y = cap · tanh(x / cap) for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width).</param>
    /// <param name="y">y, (rows, width); it may be x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="cap">What no element exceeds, above 0.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(AcceleratorStream stream, ArrayView<float> x, ArrayView<float> y, int rows, int width, float cap) =>
        Run(stream, new SoftCapArgs
        {
            X = RowView.Dense(x, width),
            Y = RowView.Dense(y, width),
            Width = width,
            Cap = cap,
            Rows = ActiveRows.Fixed(rows),
        });

    /// <inheritdoc/>
    protected override void Check(in SoftCapArgs args)
    {
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Finite(Name, "cap", args.Cap);
        if (args.Cap <= 0)
        {
            throw new ShapeException($"{Name}: cap must be above 0, found {args.Cap}.");
        }

        ShapeCheck.Rows(Name, "x", args.X, args.Rows.Capacity, args.Width);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.Width);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in SoftCapArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in SoftCapArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        return ($"{args.Rows.Capacity}x{args.Width}", 20 * elements, 8 * elements);
    }
}
