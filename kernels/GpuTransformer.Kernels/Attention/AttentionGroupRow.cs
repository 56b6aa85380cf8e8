using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention for few query rows (a decoder's step), one group a row and head: the threads share the keys, and
/// tiles of 64 keys are computed side by side and merged in the order of <see cref="AttentionGroup{TScore,TTile}"/>, so
/// that both give the same bits.</summary>
internal static class AttentionGroupRow<TScore>
    where TScore : struct, IScorePolicy
{
    /// <summary>The most rows of a block for which reading the keys once a row is cheaper than a tile of 16 rows.</summary>
    public const int MostRows = 4;

    public const int Threads = 128;

    /// <summary>Two dimensions of the output a thread.</summary>
    public const int MaxHeadDim = 2 * Threads;

    /// <summary>Bytes of shared memory, all arrays together.</summary>
    public const int SharedBytes = 4 * (MaxHeadDim + Keys + 2 * Pages + Tiles * MaxHeadDim);

    private const int PageShift = 4;
    private const int TileShift = 6;
    private const int TileKeys = 1 << TileShift;
    private const int TilePages = TileKeys / PagedKeys.PageTokens;

    /// <summary>Tiles that are computed side by side.</summary>
    private const int Tiles = 4;
    private const int Keys = Tiles * TileKeys;
    private const int Pages = Keys / PagedKeys.PageTokens;

    /// <remarks>
    /// Computes: output = softmax(score(scale · q·k)) · v over the slots [begin, end) of a row.
    /// Shapes: q, output (rows, numHeads · headDim); keys [page][head][headDim][16], values [page][head][16][headDim].
    /// Group: one row of a block (Grid.x) and one head (Grid.y). A thread scores 2 of 256 keys, then sums single
    /// (tile, dimension) pairs of the output.
    /// Shared: the query, 256 scores, figures a page, the output of 4 tiles. Barriers: 1, and 4 for each 256 keys.
    /// Numerics: scores sum dimensions in ascending order. Each tile of 64 slots is computed from scratch (maximum, weights
    /// summed by page and pages in order, output with ascending slots) and tiles are merged in ascending order.
    /// Edges: slots outside the interval are not read; a row that sees nothing gives zeros.
    /// Cost: 4 · headDim flops and 8 · headDim bytes a (row, head, slot).
    /// </remarks>
    public static void Kernel(AttentionArgs<TScore> args)
    {
        var index = Grid.IdxX / args.BlockRows;
        var inBlock = Grid.IdxX - index * args.BlockRows;
        if (index >= args.Blocks.Count || inBlock >= args.BlockTable[2 * index + 1])
        {
            return;
        }

        var shared = Allocate();
        var row = args.BlockTable[2 * index] + inBlock;
        var head = Grid.IdxY;
        var headDim = args.Pages.HeadDim;
        var place = AttentionRow.Read(args.RowTable, row, PageAddress.SlotsPerSequence(args.Pages));
        for (var d = Group.IdxX; d < headDim; d += Threads)
        {
            shared.Query[d] = args.Query[row, head * headDim + d];
        }

        Group.Barrier();
        var state = default(RowState);
        state.Max = float.NegativeInfinity;
        for (var start = (place.Begin >> TileShift) << TileShift; start < place.End; start += Keys)
        {
            Score(args, shared, place, head, start, Group.IdxX);
            Score(args, shared, place, head, start, Group.IdxX + Threads);
            Group.Barrier();
            FindPageMax(shared);
            Group.Barrier();
            Weigh(shared, Group.IdxX);
            Weigh(shared, Group.IdxX + Threads);
            Group.Barrier();
            SumPages(shared);
            MultiplyValues(args.Pages, shared, place, head / (args.NumHeads / args.Pages.NumKvHeads), start);
            Group.Barrier();
            Merge(shared, ref state, headDim);
        }

        var inverse = SoftmaxRow.Inverse(state.Sum);
        if (Group.IdxX < headDim)
        {
            args.Output[row, head * headDim + Group.IdxX] = state.Output * inverse;
        }

        if (Group.IdxX + Threads < headDim)
        {
            args.Output[row, head * headDim + Group.IdxX + Threads] = state.OutputAbove * inverse;
        }
    }

    private static RowShared Allocate()
    {
        RowShared shared;
        shared.Query = SharedMemory.Allocate<float>(MaxHeadDim);
        shared.Weights = SharedMemory.Allocate<float>(Keys);
        shared.PageMax = SharedMemory.Allocate<float>(Pages);
        shared.PageSum = SharedMemory.Allocate<float>(Pages);
        shared.Outputs = SharedMemory.Allocate<float>(Tiles * MaxHeadDim);
        return shared;
    }

    /// <summary>Stores the score of one key; -infinity where the row does not see it.</summary>
    private static void Score(
        in AttentionArgs<TScore> args, in RowShared shared, in AttentionRow place, int head, int start, int key)
    {
        var slot = start + key;
        if (slot < place.Begin || slot >= place.End)
        {
            shared.Weights[key] = float.NegativeInfinity;
            return;
        }

        var kvHead = head / (args.NumHeads / args.Pages.NumKvHeads);
        var at = PageAddress.Key(args.Pages, place.Sequence, slot, kvHead);
        var dot = 0f;
        var d = 0;

        // Four loads under way; one accumulator, dimensions ascending.
        for (; d + 4 <= args.Pages.HeadDim; d += 4)
        {
            var a = args.Pages.Keys[at];
            var b = args.Pages.Keys[at + PagedKeys.PageTokens];
            var c = args.Pages.Keys[at + 2 * PagedKeys.PageTokens];
            var e = args.Pages.Keys[at + 3 * PagedKeys.PageTokens];
            dot += shared.Query[d] * a;
            dot += shared.Query[d + 1] * b;
            dot += shared.Query[d + 2] * c;
            dot += shared.Query[d + 3] * e;
            at += 4 * PagedKeys.PageTokens;
        }

        for (; d < args.Pages.HeadDim; d++)
        {
            dot += shared.Query[d] * args.Pages.Keys[at];
            at += PagedKeys.PageTokens;
        }

        shared.Weights[key] = args.Score.Apply(dot * args.Scale, head, place.Position, slot);
    }

    private static void FindPageMax(in RowShared shared)
    {
        if (Group.IdxX < Pages)
        {
            var max = float.NegativeInfinity;
            for (var token = 0; token < PagedKeys.PageTokens; token++)
            {
                max = GroupReduction.Larger(max, shared.Weights[(Group.IdxX << PageShift) + token]);
            }

            shared.PageMax[Group.IdxX] = max;
        }
    }

    private static void Weigh(in RowShared shared, int key)
    {
        var shift = SoftmaxRow.Shift(TileMax(shared, key >> TileShift));
        shared.Weights[key] = FastMath.Exp(shared.Weights[key] - shift);
    }

    private static void SumPages(in RowShared shared)
    {
        if (Group.IdxX < Pages)
        {
            var sum = 0f;
            for (var token = 0; token < PagedKeys.PageTokens; token++)
            {
                sum += shared.Weights[(Group.IdxX << PageShift) + token];
            }

            shared.PageSum[Group.IdxX] = sum;
        }
    }

    /// <summary>One (tile, dimension) of the output a thread at a time, tile after tile.</summary>
    private static void MultiplyValues(in PagedKeys pages, in RowShared shared, in AttentionRow place, int kvHead, int start)
    {
        var tile = 0;
        var d = Group.IdxX;
        while (tile < Tiles)
        {
            // Threads past the head take dimensions of the next tile.
            if (d >= pages.HeadDim)
            {
                d -= pages.HeadDim;
                tile++;
            }
            else
            {
                shared.Outputs[tile * MaxHeadDim + d] = SumValues(pages, shared, place, kvHead, start, tile, d);
                d += Threads;
            }
        }
    }

    private static float SumValues(
        in PagedKeys pages, in RowShared shared, in AttentionRow place, int kvHead, int start, int tile, int d)
    {
        var from = start + (tile << TileShift);
        var to = from + TileKeys < place.End ? from + TileKeys : place.End;
        from = from < place.Begin ? place.Begin : from;
        var output = 0f;
        while (from < to)
        {
            // To the end of a page, whose place is looked up once.
            var pageEnd = ((from >> PageShift) + 1) << PageShift;
            pageEnd = pageEnd > to ? to : pageEnd;
            var at = PageAddress.Value(pages, place.Sequence, from, kvHead) + d;
            for (; from + 4 <= pageEnd; from += 4)
            {
                var a = pages.Values[at];
                var b = pages.Values[at + pages.HeadDim];
                var c = pages.Values[at + 2 * pages.HeadDim];
                var e = pages.Values[at + 3 * pages.HeadDim];
                output += shared.Weights[from - start] * a;
                output += shared.Weights[from - start + 1] * b;
                output += shared.Weights[from - start + 2] * c;
                output += shared.Weights[from - start + 3] * e;
                at += 4 * pages.HeadDim;
            }

            for (; from < pageEnd; from++)
            {
                output += shared.Weights[from - start] * pages.Values[at];
                at += pages.HeadDim;
            }
        }

        return output;
    }

    /// <summary>Merges the tiles in ascending order; every thread keeps maximum and sum, and the output of its dimensions.</summary>
    private static void Merge(in RowShared shared, ref RowState state, int headDim)
    {
        for (var tile = 0; tile < Tiles; tile++)
        {
            var tileSum = 0f;
            for (var page = 0; page < TilePages; page++)
            {
                tileSum += shared.PageSum[tile * TilePages + page];
            }

            var merge = AttentionMerge.Of(state.Max, TileMax(shared, tile));
            state.Max = merge.Max;
            state.Sum = state.Sum * merge.Keep + tileSum * merge.Take;
            if (Group.IdxX < headDim)
            {
                state.Output = state.Output * merge.Keep + shared.Outputs[tile * MaxHeadDim + Group.IdxX] * merge.Take;
            }

            if (Group.IdxX + Threads < headDim)
            {
                state.OutputAbove =
                    state.OutputAbove * merge.Keep + shared.Outputs[tile * MaxHeadDim + Group.IdxX + Threads] * merge.Take;
            }
        }
    }

    private static float TileMax(in RowShared shared, int tile)
    {
        var max = shared.PageMax[tile * TilePages];
        for (var page = 1; page < TilePages; page++)
        {
            max = GroupReduction.Larger(max, shared.PageMax[tile * TilePages + page]);
        }

        return max;
    }

    private struct RowShared
    {
        public ArrayView<float> Query;

        /// <summary>Scores, then weights, of 256 keys.</summary>
        public ArrayView<float> Weights;
        public ArrayView<float> PageMax;
        public ArrayView<float> PageSum;

        /// <summary>[tile][dimension].</summary>
        public ArrayView<float> Outputs;
    }

    private struct RowState
    {
        public float Max;
        public float Sum;
        public float Output;

        /// <summary>The dimension 128 further, of heads wider than that.</summary>
        public float OutputAbove;
    }
}
