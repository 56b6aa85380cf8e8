using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The table of matmul's variants: naive, tiles from small to large, the skinny one, each for every encoding of
/// the weight, and the CPU tile.</summary>
internal static class MatMulVariants<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    public static Variant<MatMulArgs<TEpilogue>>[] Table() =>
        typeof(TEpilogue) == typeof(StandardEpilogue)
            ? (Variant<MatMulArgs<TEpilogue>>[])(object)MatMulTable<StandardQuadEpilogue, StandardEpilogue>.Entries()
            : MatMulTable<ColumnEpilogue<TEpilogue>, TEpilogue>.Entries();
}

/// <summary>The entries for one way to apply the epilogue.</summary>
internal static class MatMulTable<TStore, TEpilogue>
    where TStore : struct, IQuadEpilogue<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    public static Variant<MatMulArgs<TEpilogue>>[] Entries() =>
    [
        Naive<ScalarWeight>("matmul-naive"),
        Naive<HalfWeight>("matmul-naive-f16"),
        Naive<BFloat16Weight>("matmul-naive-bf16"),
        Naive<BlockWeight>("matmul-naive-q8_0"),
        Tile16<ScalarAccess, ScalarWeight>("matmul-tile16-scalar"),
        Tile16<VectorAccess, VectorWeight>("matmul-tile16"),
        Tile16<ScalarAccess, HalfWeight>("matmul-tile16-f16"),
        Tile16<ScalarAccess, BFloat16Weight>("matmul-tile16-bf16"),
        Tile16<ScalarAccess, BlockWeight>("matmul-tile16-q8_0"),
        .. Large<ScalarAccess, ScalarWeight>("-scalar"),
        .. Large<VectorAccess, VectorWeight>(""),
        .. Large<VectorAccess, HalfWeight>("-f16"),
        .. Large<VectorAccess, BFloat16Weight>("-bf16"),
        .. Large<VectorAccess, BlockWeight>("-q8_0"),
        MatMulCpu.Variant<TEpilogue>(),
    ];

    private static KernelVariant<MatMulArgs<TEpilogue>> Naive<TWeight>(string name)
        where TWeight : struct, IMatMulWeight =>
        new(
            name,
            VariantKind.Naive,
            MatMulNaive<TWeight, TEpilogue>.Kernel,
            traits => (in MatMulArgs<TEpilogue> args) =>
                RowGrid.ThreadPerItem(traits, (long)args.Batch * args.Rows.Capacity * args.N),
            static (DeviceTraits _, in MatMulArgs<TEpilogue> args) =>
                HasView(args) && args.Encoding == (int)TWeight.Encoding);

    private static KernelVariant<MatMulArgs<TEpilogue>> Tile16<TAccess, TWeight>(string name)
        where TAccess : struct, IQuadAccess
        where TWeight : struct, IMatMulWeight =>
        Tiled<MatMulTile16, RegisterTotals<MatMulTile16>, TAccess, TWeight>(name, null);

    private static IEnumerable<KernelVariant<MatMulArgs<TEpilogue>>> Large<TAccess, TWeight>(string suffix)
        where TAccess : struct, IQuadAccess
        where TWeight : struct, IMatMulWeight
    {
        foreach (var isSplit in new[] { false, true })
        {
            var end = (isSplit ? "-split" : "") + suffix;
            yield return Tiled<MatMulTile64, RegisterTotals<MatMulTile64>, TAccess, TWeight>(
                "matmul-tile64" + end, new MatMulPlan(MatMulForm.Tile64, isSplit));
            yield return Tiled<MatMulTile128, WorkspaceTotals<MatMulTile128>, TAccess, TWeight>(
                "matmul-tile128" + end, new MatMulPlan(MatMulForm.Tile128, isSplit));
            yield return Skinny<TAccess, TWeight>("matmul-skinny" + end, isSplit);
        }
    }

    /// <param name="name">Name of the variant.</param>
    /// <param name="plan">What must be best for the arguments; null: anything.</param>
    private static KernelVariant<MatMulArgs<TEpilogue>> Tiled<TTile, TTotals, TAccess, TWeight>(
        string name, MatMulPlan? plan)
        where TTile : struct, IMatMulTile<TTile>
        where TTotals : struct, IMatMulTotals<TTile>
        where TAccess : struct, IQuadAccess
        where TWeight : struct, IMatMulWeight
    {
        var isSplit = plan is { IsSplit: true };
        return new(
            name,
            VariantKind.Group,
            MatMulGroupTile<TTile, TTotals, TAccess, TWeight, TStore, TEpilogue>.Kernel,
            traits => (in MatMulArgs<TEpilogue> args) => new KernelConfig(
                (int)(TTotals.NeedsWorkspace && !isSplit ? Walkers(traits, args) : Tiles(args) * Parts(args, isSplit)),
                TTile.Threads),
            (DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
                CanRun(traits, args) && (plan is null || MatMulPlan.Of(traits, args) == plan))
        {
            Workspace = isSplit ? PartialSums : TTotals.NeedsWorkspace
                ? new(
                    static (DeviceTraits traits, in MatMulArgs<TEpilogue> args) => args.K <= MatMulOrder.Chunk
                        ? 0 : Walkers(traits, args) * TTile.Threads * TTile.Quads * 4,
                    static (ref MatMulArgs<TEpilogue> args, ArrayView<float> workspace) => args.Workspace = workspace)
                : null,
            Second = isSplit ? Merge : null,
            Allowed = CanRun,
            Limits = new(TTile.Threads, GroupsOfMultiprocessor()),
        };

        // 128 registers are enough for the small tile. ptxas 12.4 for sm_90 finds the large one three short of that, and
        // spills them outside its loops: with all it wants (about 170) nothing is spilled, and one group runs at a time.
        static int GroupsOfMultiprocessor() => TTile.Threads < 256 ? 2 * MatMulPlan.GroupsAtOnce : 1;

        bool CanRun(DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
            Reads<TAccess, TWeight>(args)
            && MatMulPlan.Fits(traits, TTile.Threads, MatMulPlan.SharedBytes<TTile>())
            && (!isSplit || PartialFloats(args) <= int.MaxValue);

        // Without a chunk to keep there may be any number of groups; with one, each needs memory of its own.
        static long Walkers(DeviceTraits traits, in MatMulArgs<TEpilogue> args) => args.K <= MatMulOrder.Chunk
            ? Tiles(args) : Math.Min(Tiles(args), MatMulPlan.GroupsAtOnce * (long)traits.Multiprocessors);

        static long Tiles(in MatMulArgs<TEpilogue> args) => Groups(args, TTile.RowShift, TTile.ColumnShift);
    }

    private static KernelVariant<MatMulArgs<TEpilogue>> Skinny<TAccess, TWeight>(string name, bool isSplit)
        where TAccess : struct, IQuadAccess
        where TWeight : struct, IMatMulWeight
    {
        var plan = new MatMulPlan(MatMulForm.Skinny, isSplit);
        return new(
            name,
            VariantKind.Group,
            MatMulGroupSkinny<TAccess, TWeight, TEpilogue>.Kernel,
            _ => (in MatMulArgs<TEpilogue> args) => new KernelConfig(
                (int)(Parts(args, isSplit) * Groups(
                    args, MatMulSkinny.RowShift, MatMulSkinny.ColumnShift(TWeight.QuadsOfCell))),
                MatMulSkinny.Threads),
            (DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
                CanRun(traits, args) && MatMulPlan.Of(traits, args) == plan)
        {
            Workspace = isSplit ? PartialSums : null,
            Second = isSplit ? Merge : null,
            Allowed = CanRun,
            Limits = new(MatMulSkinny.Threads, 2),
        };

        bool CanRun(DeviceTraits traits, in MatMulArgs<TEpilogue> args) =>
            Reads<TAccess, TWeight>(args)
            && MatMulPlan.Fits(traits, MatMulSkinny.Threads, MatMulSkinny.MostSharedBytes)
            && (!TWeight.NeedsAlignment || TWeight.IsPadded || EndsInWholeQuads(args))
            && (!isSplit || PartialFloats(args) <= int.MaxValue);
    }

    private static VariantWorkspace<MatMulArgs<TEpilogue>> PartialSums => new(
        static (DeviceTraits _, in MatMulArgs<TEpilogue> args) => PartialFloats(args),
        static (ref MatMulArgs<TEpilogue> args, ArrayView<float> workspace) =>
            (args.Workspace, args.IsSplit) = (workspace, 1));

    private static KernelStage<MatMulArgs<TEpilogue>> Merge => new(
        MatMulMerge<TStore, TEpilogue>.Kernel,
        traits => (in MatMulArgs<TEpilogue> args) =>
            RowGrid.ThreadPerItem(traits, (long)args.Batch * args.Rows.Capacity * ((args.N + 3) / 4)));

    private static long Parts(in MatMulArgs<TEpilogue> args, bool isSplit) => isSplit ? MatMulOrder.Chunks(args.K) : 1;

    private static long PartialFloats(in MatMulArgs<TEpilogue> args) =>
        (long)MatMulOrder.Chunks(args.K) * args.Batch * args.Rows.Capacity * ((args.N + 3) / 4 * 4);

    private static long Groups(in MatMulArgs<TEpilogue> args, int rowShift, int columnShift) =>
        (long)args.Batch
        * MatMulPlace.TilesOf(args.Rows.Capacity, rowShift)
        * MatMulPlace.TilesOf(args.N, columnShift);

    /// <summary>A weight that is packed for the CPU variant alone has no view.</summary>
    private static bool HasView(in MatMulArgs<TEpilogue> args) => args.Panels == 0 || args.Weight.Data.Length > 0;

    private static bool Reads<TAccess, TWeight>(in MatMulArgs<TEpilogue> args)
        where TAccess : struct, IQuadAccess
        where TWeight : struct, IMatMulWeight =>
        args.Encoding == (int)TWeight.Encoding
        && HasView(args)
        && (!TAccess.NeedsAlignment || IsXAligned(args))
        && (!TWeight.NeedsAlignment || IsWeightAligned(args));

    /// <summary>Every row of x starts at a multiple of 16 bytes, and y starts at one, its rows where they like.</summary>
    private static bool IsXAligned(in MatMulArgs<TEpilogue> args) =>
        (args.XBatchStride & 3) == 0 && ShapeCheck.IsVectorAligned(args.X) && ShapeCheck.IsVectorAligned(args.Y.Data);

    private static bool IsWeightAligned(in MatMulArgs<TEpilogue> args) =>
        args.WeightColumnStride == 1 && (args.WeightBatchStride & 3) == 0 && ShapeCheck.IsVectorAligned(args.Weight);

    /// <summary>The view goes on behind the last row to the end of its last 16 bytes, as a packed weight does.</summary>
    private static bool EndsInWholeQuads(in MatMulArgs<TEpilogue> args) =>
        (args.K & 3) == 0
        || args.Weight.Offset + (args.Batch - 1L) * args.WeightBatchStride + (args.N - 1L) * args.Weight.Stride
            + ((args.K + 3) & -4) <= args.Weight.Data.Length;
}
