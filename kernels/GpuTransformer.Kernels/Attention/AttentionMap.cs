using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The attention weights themselves, for looking at; attention never stores them.</summary>
public sealed class AttentionMap : Operation<AttentionMapArgs>
{
    private const int MostGroupsInY = 65535;

    internal static readonly Variant<AttentionMapArgs>[] Variants =
    [
        new KernelVariant<AttentionMapArgs>(
            "attentionmap-naive", VariantKind.Naive, AttentionMapNaive.Kernel,
            traits => (in AttentionMapArgs args) =>
                RowGrid.ThreadPerItem(traits, (long)args.Rows.Capacity * args.NumHeads)),
        new KernelVariant<AttentionMapArgs>(
            "attentionmap-row", VariantKind.Group, AttentionMapGroup.Kernel,
            traits => (in AttentionMapArgs args) => new KernelConfig(
                new Index3D(Math.Max(1, args.Rows.Capacity), args.NumHeads, 1),
                new Index3D(RowGrid.GroupThreads(traits, args.MapKeys, 8, AttentionMapGroup.MostThreads), 1, 1)),
            (DeviceTraits traits, in AttentionMapArgs args) =>
                args.NumHeads <= MostGroupsInY
                && args.Pages.HeadDim <= AttentionMapGroup.MaxHeadDim
                && ShapeCheck.IsVectorAligned(args.Pages.Keys)),
        AttentionMapCpu.Variant,
    ];

    internal AttentionMap(KernelSet kernels)
        : base(kernels, "AttentionMap", Variants)
    {
    }

    /// <inheritdoc/>
    protected override void Check(in AttentionMapArgs args)
    {
        PagedKeysCheck.Heads(Name, args.NumHeads, args.Pages);
        PagedKeysCheck.Shape(Name, args.Pages);
        PagedKeysCheck.Memory(Name, args.Pages, hasValues: false);
        ShapeCheck.Active(Name, "rows", args.Rows);
        ShapeCheck.AtLeast(Name, "mapKeys", args.MapKeys, 1);
        ShapeCheck.Finite(Name, "scale", args.Scale);
        ShapeCheck.Elements(Name, "rowTable", args.RowTable, 0, 4L * args.Rows.Capacity);
        var width = PagedKeysCheck.Width(Name, args.NumHeads, args.Pages.HeadDim);
        ShapeCheck.Rows(Name, "query", args.Query, args.Rows.Capacity, width);
        ShapeCheck.Rows(Name, "map", args.Map, args.Rows.Capacity, PagedKeysCheck.Width(Name, args.NumHeads, args.MapKeys));
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in AttentionMapArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in AttentionMapArgs args)
    {
        var weights = (long)args.Rows.Capacity * args.NumHeads * args.MapKeys;
        return (
            $"{args.Rows.Capacity}x{args.NumHeads}x{args.Pages.HeadDim} over {args.MapKeys}",
            weights * (2L * args.Pages.HeadDim + 40),
            sizeof(float) * weights * 3);
    }
}
