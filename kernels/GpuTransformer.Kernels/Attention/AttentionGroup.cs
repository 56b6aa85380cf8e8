using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Flash attention (Dao et al. 2022, arXiv:2205.14135): one group a block of query rows and head; the score matrix
/// is never in memory.</summary>
internal static class AttentionGroup<TScore, TTile>
    where TScore : struct, IScorePolicy
    where TTile : struct, IAttentionTile
{
    /// <remarks>
    /// Computes: output = softmax(score(scale · q·k)) · v over the slots [begin, end) of each row.
    /// Shapes: q, output (rows, numHeads · headDim); keys [page][head][headDim][16], values [page][head][16][headDim].
    /// Group: up to Rows rows of one block (Grid.x, last blocks first: under a causal mask they have most to do) for one head
    /// and up to OutputDims of its dimensions (Grid.y). A thread holds 4 or 8 rows by 16, 8 or 4 keys of the scores, then the
    /// same rows by 16 or 8 dimensions of the tile's output, and of the output so far, in registers.
    /// Shared: a stage of queries and keys, then the weights in its place; a stage of values; figures of the rows
    /// (<see cref="AttentionShared"/>): 33 KB at 64x64, 35 at 64x128, 26 at 32x256.
    /// Barriers: a tile of 64 keys has 2 for each 32 dimensions but the first, which has 1; 1 for the maxima; 2 for each
    /// stage of values but the first, which has 1; 1 to merge. 8 at 64x64 and 64 dimensions.
    /// Numerics: scores sum dimensions of scale · q in ascending order. Each tile (64 slots at an absolute place) is computed
    /// from scratch: its own maximum, weights and their sum (<see cref="AttentionGroupSoftmax{TScore,TTile}"/>), output with
    /// ascending slots. Tiles are merged in ascending order. So a row's bits depend neither on the other rows nor on how
    /// rows are cut into blocks, and all GPU variants but the naive one share them.
    /// Edges: tiles that no row sees are skipped; tiles that all rows see run no mask code; hidden slots get weight 0 and
    /// slots that no row sees are staged as zeros, never read; a row that sees nothing gives zeros. A hidden value that is
    /// not finite reaches the rows of its block.
    /// Cost: 4 · headDim flops a visible (row, slot); 12 · headDim bytes a (block, slot) through the second-level cache.
    /// Limit at 64x64, headDim 64, by the code for compute capability 9.0: a thread runs about 11,400 instructions a tile,
    /// 75 % of them multiply-adds: 8192 for the products (90 % of their loops, <see cref="AttentionProduct{TTile}"/>), 20 for
    /// each of 64 scores, 500 to stage queries and keys, 220 values, 220 to merge. An H200 has 128 multiply-adds and 128
    /// bytes of shared memory a clock and multiprocessor: a tile is 4096 clocks of multiplying, 5700 of issuing, and up to
    /// 4096 of shared memory beside them; it brings 48 KB, 8 bytes a clock, of which the second-level cache gives 20 or
    /// more. So 72 % of the peak is the most; what waits (loads from memory, 8 barriers a tile) is hidden by the other 3
    /// groups of a multiprocessor: about 250 registers allow 4 (2 warps a scheduler), shared memory 6. Under a causal mask
    /// half of the last tile of each block is hidden: n blocks compute n + 1 halves for n.
    /// </remarks>
    public static void Kernel(AttentionArgs<TScore> args)
    {
        // A block of the host's cut that has more rows than the tile takes several groups.
        var parts = Parts(args.BlockRows);
        var fromLast = Grid.IdxX / parts;
        var skip = (Grid.IdxX - fromLast * parts) << TTile.RowShift;
        var index = args.Blocks.Count - 1 - fromLast;
        if (index < 0 || skip >= args.BlockTable[2 * index + 1])
        {
            return;
        }

        var shared = AttentionShared.Allocate<TTile>();
        var block = AttentionGroupBlock<TScore, TTile>.Open(args, shared, index, skip);
        var column = Group.IdxX & (TTile.ColumnThreads - 1);
        var rowThread = Group.IdxX >> TTile.ColumnShift;
        var panels = (args.Pages.HeadDim - block.FirstDim + 4 * TTile.ColumnThreads - 1) >> (TTile.ColumnShift + 2);
        var outputs = default(AttentionRegisters);
        for (var start = block.Begin & -AttentionKeys.Tile; start < block.End; start += AttentionKeys.Tile)
        {
            var scores = Scores(args, block, shared, rowThread, column, start);
            AttentionGroupSoftmax<TScore, TTile>.Finish(args, block, shared, ref scores, rowThread, column, start);
            AttentionGroupSoftmax<TScore, TTile>.StoreMaxima(shared, scores, rowThread, column);
            Group.Barrier();
            AttentionGroupSoftmax<TScore, TTile>.Weigh(shared, scores, rowThread, column);

            // Stages of values that some row sees.
            var tileOutputs = default(AttentionRegisters);
            var first = block.Begin > start ? (block.Begin - start) & -AttentionLayout<TTile>.StageValues : 0;
            var end = Math.Min(block.End - start, AttentionKeys.Tile);
            for (var key = first; key < end; key += AttentionLayout<TTile>.StageValues)
            {
                if (key > first)
                {
                    Group.Barrier();
                }

                AttentionStageValues<TTile>.Run(args.Pages, block, shared, start + key);
                Group.Barrier();
                if (key == first)
                {
                    AttentionGroupSoftmax<TScore, TTile>.UpdateRows(shared);
                }

                AttentionProduct<TTile>.Values(shared, ref tileOutputs, rowThread, column, key, panels);
            }

            Group.Barrier();
            Merge(shared, ref outputs, tileOutputs, rowThread);
        }

        AttentionGroupBlock<TScore, TTile>.Close(args, block, shared, outputs, rowThread, column);
        GroupEnd.Join();
    }

    /// <summary>Groups for the rows of a block.</summary>
    public static int Parts(int blockRows) => (blockRows + AttentionLayout<TTile>.Rows - 1) >> TTile.RowShift;

    /// <summary>The thread's scores of a tile. Barriers: after the first stage is there, 2 for each further one.</summary>
    private static AttentionRegisters Scores(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared, int rowThread, int column, int start)
    {
        var keyStart = AttentionStage<TScore, TTile>.KeyStart(args.Pages, block, start);
        var scores = default(AttentionRegisters);
        for (var d = 0; d < args.Pages.HeadDim; d += AttentionLayout<TTile>.StageDims)
        {
            if (d > 0)
            {
                Group.Barrier();
            }

            var dims = AttentionStage<TScore, TTile>.Dims(args, block, shared, keyStart, d);
            Group.Barrier();
            AttentionProduct<TTile>.Scores(shared, ref scores, rowThread, column, dims);
        }

        return scores;
    }

    private static void Merge(
        in AttentionShared shared, ref AttentionRegisters outputs, in AttentionRegisters tile, int rowThread)
    {
        var keep = shared.Keep.Cast<Float4>();
        var take = shared.Take.Cast<Float4>();
        var keepHere = keep[rowThread];
        var takeHere = take[rowThread];
        MergeFour(ref outputs.A, tile.A, keepHere, takeHere);
        MergeFour(ref outputs.B, tile.B, keepHere, takeHere);
        if (TTile.RowQuads == 2)
        {
            keepHere = keep[rowThread + TTile.RowThreads];
            takeHere = take[rowThread + TTile.RowThreads];
        }

        MergeFour(ref outputs.C, tile.C, keepHere, takeHere);
        MergeFour(ref outputs.D, tile.D, keepHere, takeHere);
    }

    private static void MergeFour(ref Float4x4 total, in Float4x4 tile, Float4 keep, Float4 take)
    {
        MergeRow(ref total.A, tile.A, keep.X, take.X);
        MergeRow(ref total.B, tile.B, keep.Y, take.Y);
        MergeRow(ref total.C, tile.C, keep.Z, take.Z);
        MergeRow(ref total.D, tile.D, keep.W, take.W);
    }

    private static void MergeRow(ref Float4 total, in Float4 tile, float keep, float take)
    {
        total.X = AttentionMerge.Apply(total.X, tile.X, keep, take);
        total.Y = AttentionMerge.Apply(total.Y, tile.Y, keep, take);
        total.Z = AttentionMerge.Apply(total.Z, tile.Z, keep, take);
        total.W = AttentionMerge.Apply(total.W, tile.W, keep, take);
    }
}
