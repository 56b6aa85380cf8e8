using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>What LayerNorm and RMSNorm share: the arguments, their checks and the table of kernels.</summary>
public abstract class NormOperation : Operation<NormArgs>
{
    private protected NormOperation(KernelSet kernels, string name, Variant<NormArgs>[] variants)
        : base(kernels, name, variants)
    {
    }

    private protected static Variant<NormArgs>[] VariantsOf<TKind>(string name, CpuVariant<NormArgs> cpu)
        where TKind : struct, INormKind =>
    [
        new KernelVariant<NormArgs>(
            $"{name}-naive", VariantKind.Naive, NormNaive<TKind>.Kernel,
            traits => (in NormArgs args) => RowGrid.ThreadPerItem(traits, args.Rows.Capacity)),
        Stream<TKind, RowScalars>($"{name}-stream-scalar"),
        Stream<TKind, RowVectors>($"{name}-stream"),
        .. Registers<TKind, RowTeam256>(name),
        .. Registers<TKind, RowTeam128>(name),
        .. Registers<TKind, RowTeam32>(name),
        .. Registers<TKind, RowTeam8>(name),
        cpu,
    ];

    internal override ShapeClass? ClassOf(in NormArgs args) =>
        new ShapeClass(ShapeClass.Of(args.Rows.Capacity), ShapeClass.Of(args.Width), 0, args.HasResidual);

    /// <inheritdoc/>
    protected override void Check(in NormArgs args)
    {
        var rows = args.Rows.Capacity;
        ShapeCheck.Between(Name, "width", args.Width, 1, RowTeams.Widest);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.Rows(Name, "x", args.X, rows, args.Width);
        ShapeCheck.Rows(Name, "y", args.Y, rows, args.Width);
        ShapeCheck.Elements(Name, "weight", args.Weight, args.WeightOffset, args.Width);
        ShapeCheck.Finite(Name, "epsilon", args.Epsilon);
        ShapeCheck.Finite(Name, "weightShift", args.WeightShift);
        if (args.HasBias != 0)
        {
            ShapeCheck.Elements(Name, "bias", args.Bias, args.BiasOffset, args.Width);
        }

        if (args.HasResidual != 0)
        {
            ShapeCheck.Rows(Name, "residual", args.Residual, rows, args.Width);
        }

        if (args.HasSum != 0)
        {
            ShapeCheck.Rows(Name, "sum", args.Sum, rows, args.Width);
        }
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in NormArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in NormArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        var streams = 2 + (args.HasResidual != 0 ? 1 : 0) + (args.HasSum != 0 ? 1 : 0);
        var vectors = 1 + (args.HasBias != 0 ? 1 : 0);
        return ($"{args.Rows.Capacity}x{args.Width}", 8 * elements, sizeof(float) * (streams * elements + vectors * args.Width));
    }

    private static KernelVariant<NormArgs> Stream<TKind, TAccess>(string name)
        where TKind : struct, INormKind
        where TAccess : struct, IRowAccess =>
        new(name, VariantKind.Group, NormGroupStream<TKind, TAccess>.Kernel,
            traits => (in NormArgs args) => TeamGrid.GroupPerRow(traits, args.Rows.Capacity, args.Width),
            (DeviceTraits traits, in NormArgs args) => TAccess.Exchanges || IsAligned(args));

    private static KernelVariant<NormArgs>[] Registers<TKind, TTeam>(string name)
        where TKind : struct, INormKind
        where TTeam : struct, IRowTeam =>
        [Registers<TKind, TTeam, RowScalars>($"{name}-registers-{TTeam.Lanes}-scalar"),
            Registers<TKind, TTeam, RowVectors>($"{name}-registers-{TTeam.Lanes}")];

    private static KernelVariant<NormArgs> Registers<TKind, TTeam, TAccess>(string name)
        where TKind : struct, INormKind
        where TTeam : struct, IRowTeam
        where TAccess : struct, IRowAccess =>
        new(name, VariantKind.Group, NormGroupRegisters<TKind, TTeam, TAccess>.Kernel,
            traits => (in NormArgs args) => TeamGrid.Teams<TTeam>(traits, args.Rows.Capacity),
            (DeviceTraits traits, in NormArgs args) =>
                TeamGrid.Fits<TTeam>(traits, args.Width) && (TAccess.Exchanges || IsAligned(args)))
        {
            // One by one takes more addresses: 60 to 78 registers, and a spill where 64 are asked for.
            Limits = TAccess.Exchanges ? new(TTeam.Threads, 512 / TTeam.Threads) : TeamGrid.Limits<TTeam>(),
        };

    private static bool IsAligned(in NormArgs args) =>
        (args.Width & 3) == 0 && ShapeCheck.IsVectorAligned(args.X) && ShapeCheck.IsVectorAligned(args.Y)
        && (args.WeightOffset & 3) == 0 && ShapeCheck.IsVectorAligned(args.Weight)
        && (args.HasBias == 0 || ((args.BiasOffset & 3) == 0 && ShapeCheck.IsVectorAligned(args.Bias)))
        && (args.HasResidual == 0 || ShapeCheck.IsVectorAligned(args.Residual))
        && (args.HasSum == 0 || ShapeCheck.IsVectorAligned(args.Sum));
}
