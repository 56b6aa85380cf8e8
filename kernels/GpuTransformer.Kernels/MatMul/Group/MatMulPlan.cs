namespace GpuTransformer.Kernels;

/// <summary>The group kernels of matmul.</summary>
internal enum MatMulForm
{
    /// <summary>None of the others fits the device: the smallest tile.</summary>
    None,

    Tile64,

    Tile128,

    Skinny,
}

/// <summary>Which group kernel a device should run for a shape, and whether each chunk of k gets a group of its own: the one
/// that should be done first, by the cycles of the busiest multiprocessor. A pure function of traits and sizes.</summary>
/// <remarks>
/// A multiprocessor does 128 multiply-adds a cycle. G groups on P multiprocessors leave the busiest ceil(G / P); each
/// takes rows · columns · steps of k / 128 cycles by its share of multiply-adds in the loop, which is not reached by few
/// warps, and 16 instructions a result for the epilogue. An example with P = 132, (512, 768) · (768, 768)ᵀ: 96 groups of
/// the 64 tile leave one a multiprocessor with 4 warps, 64 · 64 · 768 / 128 / 0.4 = 61,000 cycles; split into three chunks
/// they are 288, three a multiprocessor, 3 · 8192 / 0.7 = 35,000, and 6,000 for writing and merging 3 · 1.6 MB.
/// </remarks>
internal readonly record struct MatMulPlan(MatMulForm Form, bool IsSplit)
{
    /// <summary>Groups of the 128 tile for each multiprocessor when each walks all of k.</summary>
    public const int GroupsAtOnce = 2;

    /// <summary>Up to this many rows the weight is read at most twice by the skinny kernel, and reading it is the cost.</summary>
    private const int SkinnyRows = 16;

    /// <summary>With so many groups of 32 KB a multiprocessor, chunk after chunk keeps the memory as busy as a split.</summary>
    private const int SkinnyGroupsAtOnce = 4;

    private const double LanesOfMultiprocessor = 128;

    private const double InstructionsOfResult = 16;

    /// <summary>Until the first panel is there, and the same once more for the stores of the last.</summary>
    private const double CyclesOfGroup = 1500;

    /// <summary>From the end of a kernel to the work of the next, 2 µs at 1.7 GHz.</summary>
    private const double CyclesOfLaunch = 3400;

    /// <summary>Of the second-level cache, for each multiprocessor.</summary>
    private const double BytesOfCycle = 32;

    public static bool Fits(DeviceTraits traits, int threads, int sharedBytes) =>
        traits.MaxGroupSize >= threads && traits.SharedBytes >= sharedBytes;

    /// <summary>Shared memory of a tile: two buffers of panels, the first as long as a power of two, and a place.</summary>
    public static int SharedBytes<TTile>()
        where TTile : struct, IMatMulTile =>
        16 * TTile.BufferQuads + 4 * TTile.TileK * ((1 << TTile.RowShift) + (1 << TTile.ColumnShift) + 8) + 16;

    /// <summary>What was asked last on this thread: each of a table's variants asks whether it is the one.</summary>
    [ThreadStatic]
    private static (DeviceTraits? Traits, Sizes Sizes, MatMulPlan Plan) s_last;

    /// <summary>The best for these arguments.</summary>
    public static MatMulPlan Of<TEpilogue>(DeviceTraits traits, in MatMulArgs<TEpilogue> args)
        where TEpilogue : struct, IEpilogue
    {
        var sizes = new Sizes(args.Rows.Capacity, args.N, args.K, args.Batch, args.Encoding);
        if (!ReferenceEquals(s_last.Traits, traits) || s_last.Sizes != sizes)
        {
            s_last = (traits, sizes, Find(traits, args));
        }

        return s_last.Plan;
    }

    private static MatMulPlan Find<TEpilogue>(DeviceTraits traits, in MatMulArgs<TEpilogue> args)
        where TEpilogue : struct, IEpilogue
    {
        var chunks = MatMulOrder.Chunks(args.K);
        if (args.Rows.Capacity <= SkinnyRows && Fits(traits, MatMulSkinny.Threads, MatMulSkinny.MostSharedBytes))
        {
            var groups = Tiles(args, MatMulSkinny.RowShift, MatMulSkinny.ColumnShiftOf(args.Encoding));
            return new(MatMulForm.Skinny, chunks > 1 && groups < SkinnyGroupsAtOnce * (long)traits.Multiprocessors);
        }

        var best = default(MatMulPlan);
        var least = double.PositiveInfinity;
        Consider<TEpilogue, MatMulTile64>(traits, args, MatMulForm.Tile64, ref best, ref least);
        Consider<TEpilogue, MatMulTile128>(traits, args, MatMulForm.Tile128, ref best, ref least);
        return best;
    }

    private static void Consider<TEpilogue, TTile>(
        DeviceTraits traits, in MatMulArgs<TEpilogue> args, MatMulForm form, ref MatMulPlan best, ref double least)
        where TEpilogue : struct, IEpilogue
        where TTile : struct, IMatMulTile
    {
        if (!Fits(traits, TTile.Threads, SharedBytes<TTile>()))
        {
            return;
        }

        var chunks = MatMulOrder.Chunks(args.K);
        var tiles = Tiles(args, TTile.RowShift, TTile.ColumnShift);
        var results = (double)(1 << TTile.RowShift << TTile.ColumnShift);
        Take(false, Cycles(form, traits, tiles, results, args.K), ref best, ref least);
        if (chunks > 1)
        {
            var bytes = 4.0 * (2 * chunks + 1) * args.Batch * args.Rows.Capacity * args.N;
            var merge = CyclesOfLaunch + bytes / traits.Multiprocessors / BytesOfCycle;
            var steps = Math.Min(args.K, MatMulOrder.Chunk);
            Take(true, merge + Cycles(form, traits, tiles * chunks, results, steps), ref best, ref least);
        }

        void Take(bool isSplit, double cycles, ref MatMulPlan best, ref double least)
        {
            if (cycles < least)
            {
                (best, least) = (new(form, isSplit), cycles);
            }
        }
    }

    /// <summary>Cycles of the multiprocessor with most groups.</summary>
    private static double Cycles(MatMulForm form, DeviceTraits traits, long groups, double results, int steps)
    {
        var busiest = Math.Ceiling(groups / (double)Math.Max(1, traits.Multiprocessors));
        var share = (form, busiest) switch
        {
            (MatMulForm.Tile128, 1) => 0.65,
            (MatMulForm.Tile128, _) => 0.85,
            (_, 1) => 0.4,
            (_, 2) => 0.6,
            (_, 3) => 0.7,
            _ => 0.78,
        };
        var atOnce = Math.Min(busiest, form == MatMulForm.Tile128 ? GroupsAtOnce : 2 * GroupsAtOnce);
        var cycles = results * (steps / share + InstructionsOfResult) / LanesOfMultiprocessor;
        return busiest * (cycles + CyclesOfGroup / atOnce);
    }

    private static long Tiles<TEpilogue>(in MatMulArgs<TEpilogue> args, int rowShift, int columnShift)
        where TEpilogue : struct, IEpilogue =>
        (long)args.Batch * MatMulPlace.TilesOf(args.Rows.Capacity, rowShift) * MatMulPlace.TilesOf(args.N, columnShift);

    /// <summary>All of the arguments that a plan depends on.</summary>
    private readonly record struct Sizes(int Rows, int N, int K, int Batch, int Encoding);
}
