using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Copies pages of keys and values within a layer (copy on write, where sequences share pages).</summary>
public sealed class PageCopy : Operation<PageCopyArgs>
{
    private const int MostGroupsInY = 65535;

    internal static readonly Variant<PageCopyArgs>[] Variants =
    [
        new KernelVariant<PageCopyArgs>(
            "pagecopy-naive", VariantKind.Naive, PageCopyNaive.Kernel,
            traits => (in PageCopyArgs args) => RowGrid.ThreadPerItem(traits, (long)args.Copies.Capacity * args.PageElements)),
        new KernelVariant<PageCopyArgs>(
            "pagecopy-group", VariantKind.Group, PageCopyGroup.Kernel,
            traits => (in PageCopyArgs args) => new KernelConfig(
                new Index3D(Math.Max(1, args.Copies.Capacity), PageCopyGroup.Parts(args.PageElements, Threads(traits)), 1),
                new Index3D(Threads(traits), 1, 1)),
            (DeviceTraits traits, in PageCopyArgs args) =>
                args.PageElements % 4 == 0
                && PageCopyGroup.Parts(args.PageElements, Threads(traits)) <= MostGroupsInY
                && ShapeCheck.IsVectorAligned(args.Keys)
                && ShapeCheck.IsVectorAligned(args.Values)),
        PageCopyCpu.Variant,
    ];

    internal PageCopy(KernelSet kernels)
        : base(kernels, "PageCopy", Variants)
    {
    }

    /// <inheritdoc/>
    protected override void Check(in PageCopyArgs args)
    {
        ShapeCheck.AtLeast(Name, "pageElements", args.PageElements, 1);
        ShapeCheck.Active(Name, "copies", args.Copies);
        ShapeCheck.AtMostIntMax(Name, "copies · pageElements", (long)args.Copies.Capacity * args.PageElements);
        ShapeCheck.Elements(Name, "copyTable", args.CopyTable, 0, 2L * args.Copies.Capacity);
        ShapeCheck.AtLeast(Name, "pages", args.Pages, 0);
        ShapeCheck.Elements(Name, "keys", args.Keys, 0, (long)args.Pages * args.PageElements);
        ShapeCheck.Elements(Name, "values", args.Values, 0, (long)args.Pages * args.PageElements);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in PageCopyArgs args) => args.Copies.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in PageCopyArgs args) => (
        $"{args.Copies.Capacity}x{args.PageElements}", 0, 4L * sizeof(float) * args.Copies.Capacity * args.PageElements);

    private static int Threads(DeviceTraits traits) => Math.Min(traits.MaxGroupSize, PageCopyGroup.MostThreads);
}
