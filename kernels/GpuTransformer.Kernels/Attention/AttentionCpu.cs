using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Attention on a CPU: flash attention over pages, one block of query rows and one or more heads of one key
/// head a tile, or a chunk of its keys (<see cref="AttentionCpuSplit"/>). See <see cref="AttentionCpuBlock{TSimd, TVector, TScore}"/> for how a tile computes.</summary>
internal unsafe struct AttentionCpu<TScore> : ISimdTile
    where TScore : struct, IScorePolicy
{
    /// <summary>Rows of long blocks that have their turn with one head before the next.</summary>
    private const int RowsInTurn = 512;

    internal struct Args
    {
        public RowPointer Query;
        public RowPointer Output;

        /// <summary>Null where nobody asked.</summary>
        public RowPointer LogSumExp;
        public float* Keys;
        public float* Values;
        public int* PageTable;
        public int* RowTable;
        public int* BlockTable;
        public RowCountPointer Blocks;

        /// <summary>Rows that the views hold: what a table says beyond them is not followed.</summary>
        public int Rows;

        /// <summary>Pages that the views hold.</summary>
        public int Pages;

        public int Sequences;
        public int PagesPerSequence;
        public int NumHeads;
        public int NumKvHeads;
        public int HeadDim;

        /// <summary>Heads that share a tile, so that few query rows of many heads read a key once; divides the group.</summary>
        public int HeadsPerTile;

        /// <summary>Blocks that follow each other with the same heads.</summary>
        public int BlocksInTurn;

        /// <summary>What a score is of q·k: where no policy wants it otherwise, the power of two that its weight is.</summary>
        public float Scale;
        public TScore Score;

        /// <summary>The score policy's table, where it is <see cref="RelativeBiasScore"/>.</summary>
        public AttentionCpuBias Bias;

        /// <summary>The rows that keys and values are read from; null: from the pages.</summary>
        public AttentionCpuOwnKeys Own;

        /// <summary>Whether chunks of keys are tiles of their own in this run.</summary>
        public AttentionCpuSplit Split;
    }

    /// <summary>The variant for this processor's widest registers.</summary>
    public static CpuVariant<AttentionArgs<TScore>> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<AttentionArgs<TScore>> ForWidth(int bits) =>
        SimdVariant.Of<AttentionCpu<TScore>, AttentionArgs<TScore>, Args>("attention-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in AttentionArgs<TScore> args)
    {
        var pages = args.Pages;
        var pageFloats = Math.Max(1L, (long)pages.NumKvHeads * pages.HeadDim * PagedKeys.PageTokens);
        return new Args
        {
            Query = HostAddress.Of(args.Query),
            Output = HostAddress.Of(args.Output),
            LogSumExp = HostAddress.Of(args.LogSumExp),
            Keys = HostAddress.Of(pages.Keys),
            Values = HostAddress.Of(pages.Values),
            PageTable = HostAddress.Of(pages.PageTable),
            RowTable = HostAddress.Of(args.RowTable),
            BlockTable = HostAddress.Of(args.BlockTable),
            Blocks = HostAddress.Of(args.Blocks),
            Rows = (int)(args.RowTable.Length / 4),
            Pages = (int)(Math.Min(pages.Keys.Length, pages.Values.Length) / pageFloats),
            Sequences = (int)(pages.PageTable.Length / Math.Max(1, pages.PagesPerSequence)),
            PagesPerSequence = pages.PagesPerSequence,
            NumHeads = args.NumHeads,
            NumKvHeads = pages.NumKvHeads,
            HeadDim = pages.HeadDim,
            HeadsPerTile = HeadsPerTile(args.NumHeads / Math.Max(1, pages.NumKvHeads), args.BlockRows),
            BlocksInTurn = args.BlockRows > AttentionCpuState.TileRows ? Math.Max(1, RowsInTurn / args.BlockRows) : 1,
            Scale = typeof(TScore) == typeof(PlainScore) ? args.Scale * FastMath.Log2E : args.Scale,
            Score = args.Score,
            Bias = AttentionCpuBias.Of(args.Score),
        };
    }

    internal static int TileCount(void* args)
    {
        ref var a = ref Unsafe.AsRef<Args>(args);
        var places = a.Blocks.Count * (a.NumHeads / a.HeadsPerTile);
        if (a.Own.IsNull)
        {
            a.Split.Begin(ref a, places);
        }
        else
        {
            a.Own.Begin();
        }

        return places * a.Split.Parts;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref Unsafe.AsRef<Args>(args);
        var (place, part) = Math.DivRem(tile, a.Split.Parts);
        var (block, headTile) = Place(place, a.BlocksInTurn, a.Blocks.Count, a.NumHeads / a.HeadsPerTile);
        var first = Math.Max(0, a.BlockTable[2 * block]);
        var end = Math.Min(a.Rows, first + a.BlockTable[2 * block + 1]);
        var step = Math.Max(1, AttentionCpuState.Rows / a.HeadsPerTile);
        for (var row = first; row < end; row += step)
        {
            AttentionCpuBlock<TSimd, TVector, TScore>.Run(
                ref a, headTile * a.HeadsPerTile, row, Math.Min(step, end - row), place, part);
        }
    }

    /// <summary>The block and the heads of a place: some blocks in turn for each head, so that the head's keys and values stay
    /// in cache, and not all blocks, so that the rows' own pages of memory do.</summary>
    private static (int Block, int HeadTile) Place(int place, int blocksInTurn, int blocks, int headTiles)
    {
        var (group, inGroup) = Math.DivRem(place, blocksInTurn * headTiles);
        var first = group * blocksInTurn;
        var (headTile, block) = Math.DivRem(inGroup, Math.Min(blocksInTurn, blocks - first));
        return (first + block, headTile);
    }

    private static int HeadsPerTile(int group, int blockRows)
    {
        for (var heads = group; heads > 1; heads--)
        {
            if (group % heads == 0 && heads * blockRows <= AttentionCpuState.Rows)
            {
                return heads;
            }
        }

        return 1;
    }
}
