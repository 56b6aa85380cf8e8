using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Writes each row's key and value into its place in the pages (append, for a cache).</summary>
public sealed class KeyValueWrite : Operation<KeyValueWriteArgs>
{
    private const int MostGroupsInY = 65535;

    internal static readonly Variant<KeyValueWriteArgs>[] Variants =
    [
        new KernelVariant<KeyValueWriteArgs>(
            "kvwrite-naive", VariantKind.Naive, KeyValueWriteNaive.Kernel,
            traits => (in KeyValueWriteArgs args) => RowGrid.ThreadPerItem(
                traits, (long)args.Rows.Capacity * args.Pages.NumKvHeads * args.Pages.HeadDim)),
        Turned<ScalarAccess>("kvwrite-turned"),
        Turned<VectorAccess>("kvwrite-turned-vector"),
        KeyValueWriteCpu.Variant,
    ];

    internal KeyValueWrite(KernelSet kernels)
        : base(kernels, "KeyValueWrite", Variants)
    {
    }

    /// <inheritdoc/>
    protected override void Check(in KeyValueWriteArgs args)
    {
        CheckRows(args);
        PagedKeysCheck.Memory(Name, args.Pages, hasValues: true);
    }

    /// <summary>Checks all but the pages' memory.</summary>
    internal void CheckRows(in KeyValueWriteArgs args)
    {
        PagedKeysCheck.Shape(Name, args.Pages);
        ShapeCheck.Active(Name, "rows", args.Rows);
        var width = PagedKeysCheck.Width(Name, args.Pages.NumKvHeads, args.Pages.HeadDim);
        ShapeCheck.Rows(Name, "key", args.Key, args.Rows.Capacity, width);
        ShapeCheck.Rows(Name, "value", args.Value, args.Rows.Capacity, width);
        ShapeCheck.Elements(Name, "writeTable", args.WriteTable, 0, 2L * args.Rows.Capacity);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in KeyValueWriteArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in KeyValueWriteArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Pages.NumKvHeads * args.Pages.HeadDim;
        return ($"{args.Rows.Capacity}x{args.Pages.NumKvHeads}x{args.Pages.HeadDim}", 0, 4 * sizeof(float) * elements);
    }

    private static KernelVariant<KeyValueWriteArgs> Turned<TAccess>(string name)
        where TAccess : struct, IQuadAccess =>
        new(name, VariantKind.Group, KeyValueWriteGroup<TAccess>.Kernel,
            traits => (in KeyValueWriteArgs args) => new KernelConfig(
                new Index3D(
                    Math.Max(1, (int)(((long)args.Rows.Capacity + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens)),
                    args.Pages.NumKvHeads,
                    1),
                new Index3D(Math.Min(traits.MaxGroupSize, KeyValueWriteGroup<TAccess>.MostThreads), 1, 1)),
            (DeviceTraits traits, in KeyValueWriteArgs args) =>
                args.Pages.NumKvHeads <= MostGroupsInY
                && (!TAccess.NeedsAlignment
                    || (args.Pages.HeadDim % 4 == 0
                        && ShapeCheck.IsVectorAligned(args.Key)
                        && ShapeCheck.IsVectorAligned(args.Value)
                        && ShapeCheck.IsVectorAligned(args.Pages.Values))));
}
