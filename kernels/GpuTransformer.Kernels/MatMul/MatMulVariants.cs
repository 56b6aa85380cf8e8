using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The table of matmul's variants: naive, tiles from small to large, the skinny one, each with 32-bit accesses
/// and then with 128-bit accesses, and the CPU tile.</summary>
internal static class MatMulVariants<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Up to this many rows the weight is read at most twice by the skinny variant.</summary>
    private const int SkinnyRows = 16;

    /// <summary>Groups of the 64 tile that a multiprocessor can hold; with fewer it waits for memory, step after step.</summary>
    private const int TilesAtOnce = 4;

    public static Variant<MatMulArgs<TEpilogue>>[] Table() =>
    [
        new KernelVariant<MatMulArgs<TEpilogue>>(
            "matmul-naive",
            VariantKind.Naive,
            MatMulNaive<TEpilogue>.Kernel,
            traits => (in MatMulArgs<TEpilogue> args) =>
                RowGrid.ThreadPerItem(traits, (long)args.Batch * args.Rows.Capacity * args.N),
            static (DeviceTraits _, in MatMulArgs<TEpilogue> args) => HasView(args)),
        Tiled<MatMulTile16, ScalarAccess>("matmul-tile16-scalar", Always),
        Tiled<MatMulTile16, VectorAccess>("matmul-tile16", Always),
        Tiled<MatMulTile64, ScalarAccess>("matmul-tile64-scalar", Always),
        Tiled<MatMulTile64, VectorAccess>("matmul-tile64", Always),
        Tiled<MatMulTile128, ScalarAccess>("matmul-tile128-scalar", FillsDevice),
        Tiled<MatMulTile128, VectorAccess>("matmul-tile128", FillsDevice),
        Skinny<ScalarAccess>("matmul-skinny-scalar"),
        Skinny<VectorAccess>("matmul-skinny"),
        MatMulCpu.Variant<TEpilogue>(),
    ];

    private static KernelVariant<MatMulArgs<TEpilogue>> Tiled<TTile, TAccess>(
        string name, VariantPredicate<MatMulArgs<TEpilogue>> suits)
        where TTile : struct, IMatMulTile
        where TAccess : struct, IQuadAccess =>
        new(
            name,
            VariantKind.Group,
            MatMulGroupTile<TTile, TAccess, TEpilogue>.Kernel,
            _ => (in MatMulArgs<TEpilogue> args) =>
                new KernelConfig((int)Groups(args, TTile.TileShift, TTile.TileShift), TTile.Threads),
            (DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
                Fits(traits, TTile.Threads, 4 * TTile.PanelQuads * 16)
                && suits(traits, args)
                && HasView(args)
                && (!TAccess.NeedsAlignment || IsAligned(args)));

    private static KernelVariant<MatMulArgs<TEpilogue>> Skinny<TAccess>(string name)
        where TAccess : struct, IQuadAccess =>
        new(
            name,
            VariantKind.Group,
            MatMulGroupSkinny<TAccess, TEpilogue>.Kernel,
            _ => (in MatMulArgs<TEpilogue> args) => new KernelConfig(
                (int)Groups(
                    args,
                    MatMulGroupSkinny<TAccess, TEpilogue>.RowShift,
                    MatMulGroupSkinny<TAccess, TEpilogue>.ColumnShift),
                MatMulGroupSkinny<TAccess, TEpilogue>.Threads),
            (DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
                Fits(
                    traits,
                    MatMulGroupSkinny<TAccess, TEpilogue>.Threads,
                    MatMulGroupSkinny<TAccess, TEpilogue>.SharedBytes)
                && IsSkinny(traits, args)
                && HasView(args)
                && (!TAccess.NeedsAlignment || IsAligned(args)));

    private static long Groups(in MatMulArgs<TEpilogue> args, int rowShift, int columnShift) =>
        (long)args.Batch
        * MatMulPlace.TilesOf(args.Rows.Capacity, rowShift)
        * MatMulPlace.TilesOf(args.N, columnShift);

    private static bool Fits(DeviceTraits traits, int threads, int sharedBytes) =>
        traits.MaxGroupSize >= threads && traits.SharedBytes >= sharedBytes;

    /// <summary>A weight that is packed for the CPU variant alone has no view.</summary>
    private static bool HasView(in MatMulArgs<TEpilogue> args) => args.Panels == 0 || args.Weight.Data.Length > 0;

    private static bool Always(DeviceTraits traits, in MatMulArgs<TEpilogue> args) => true;

    /// <summary>The largest tile does most work for each read, once every multiprocessor has one.</summary>
    private static bool FillsDevice(DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
        Groups(args, MatMulTile128.TileShift, MatMulTile128.TileShift) >= traits.Multiprocessors;

    private static bool IsSkinny(DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
        args.Rows.Capacity <= SkinnyRows
        || Groups(args, MatMulTile64.TileShift, MatMulTile64.TileShift) * TilesAtOnce <= traits.Multiprocessors;

    /// <summary>Every row of x and of the weight starts at a multiple of 16 bytes and runs along k; y starts at one, and
    /// its rows where they like.</summary>
    private static bool IsAligned(in MatMulArgs<TEpilogue> args) =>
        args.WeightColumnStride == 1
        && ((args.XBatchStride | args.WeightBatchStride) & 3) == 0
        && ShapeCheck.IsVectorAligned(args.X)
        && ShapeCheck.IsVectorAligned(args.Weight)
        && ShapeCheck.IsVectorAligned(args.Y.Data);
}
