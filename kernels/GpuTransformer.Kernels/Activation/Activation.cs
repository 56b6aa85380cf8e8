using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y = activation(x), element by element.</summary>
public sealed class Activation : Operation<ActivationArgs>
{
    internal static readonly Variant<ActivationArgs>[] Variants =
    [
        RowMapVariants<ActivationMap<AnyActivation>, ActivationArgs>.Naive("activation", Capacity),
        RowMapVariants<ActivationMap<AnyActivation>, ActivationArgs>.Scalars("activation", Capacity),
        Vectors<NoActivation>("copy"),
        Vectors<ReluActivation>("relu"),
        Vectors<GeluErfActivation>("gelu-erf"),
        Vectors<GeluTanhActivation>("gelu-tanh"),
        Vectors<GeluQuickActivation>("gelu-quick"),
        Vectors<SiluActivation>("silu"),
        Vectors<TanhActivation>("tanh"),
        Vectors<SigmoidActivation>("sigmoid"),
        ActivationCpu.Variant,
    ];

    internal Activation(KernelSet kernels)
        : base(kernels, "Activation", Variants)
    {
    }

    /// <summary>y = activation(x) for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width).</param>
    /// <param name="y">y, (rows, width); it may be x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="activation">Which activation.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> y, int rows, int width, ActivationKind activation) =>
        Run(stream, new ActivationArgs
        {
            X = RowView.Dense(x, width),
            Y = RowView.Dense(y, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Activation = (int)activation,
        });

    /// <inheritdoc/>
    protected override void Check(in ActivationArgs args)
    {
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Known<ActivationKind>(Name, "activation", args.Activation);
        ShapeCheck.Rows(Name, "x", args.X, args.Rows.Capacity, args.Width);
        ShapeCheck.Rows(Name, "y", args.Y, args.Rows.Capacity, args.Width);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in ActivationArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in ActivationArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        return ($"{args.Rows.Capacity}x{args.Width} {(ActivationKind)args.Activation}", 20 * elements, 8 * elements);
    }

    private static int Capacity(in ActivationArgs args) => args.Rows.Capacity;

    private static KernelVariant<ActivationArgs> Vectors<TChoice>(string name)
        where TChoice : struct, IActivationChoice =>
        RowMapVariants<ActivationMap<TChoice>, ActivationArgs>.Vectors(name, Capacity, (in ActivationArgs args) =>
            (int)TChoice.Of(args) == args.Activation
            && ShapeCheck.IsVectorAligned(args.X) && ShapeCheck.IsVectorAligned(args.Y));
}
