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
    /// Group: up to Rows rows of one block (Grid.x) for one head and up to OutputDims of its dimensions (Grid.y). A thread holds
    /// 4 or 8 rows by 4 keys of the scores, then the same rows by 4, 8 or 16 dimensions of the output, in registers.
    /// Shared: query tile, scores of a key tile, a stage of keys or values, per-row figures (<see cref="AttentionShared"/>).
    /// Barriers: a tile of 64 keys has 2 a stage of keys, 3 in the softmax, 2 a further stage of values, 1 to merge.
    /// Numerics: scores sum dimensions in ascending order. Each tile (at an absolute place, 64 or 16 slots) is computed from
    /// scratch: its own maximum, weights summed by page and pages in order, output with ascending slots. Tiles are merged
    /// in ascending order. So a row's bits depend neither on the other rows nor on how rows are cut into blocks.
    /// Edges: tiles that no row sees are skipped; tiles that all rows see run no mask code; hidden slots get weight 0 and
    /// slots that no row sees are staged as zeros, never read; a row that sees nothing gives zeros.
    /// Cost: 4 · headDim flops a visible (row, slot); 8 · headDim bytes a (block, slot).
    /// </remarks>
    public static void Kernel(AttentionArgs<TScore> args)
    {
        // A block of the host's cut that has more rows than the tile takes several groups.
        var parts = Parts(args.BlockRows);
        var index = Grid.IdxX / parts;
        var skip = (Grid.IdxX - index * parts) << TTile.RowShift;
        if (index >= args.Blocks.Count || skip >= args.BlockTable[2 * index + 1])
        {
            return;
        }

        var shared = AttentionShared.Allocate<TTile>();
        var block = AttentionGroupBlock<TScore, TTile>.Open(args, shared, index, skip);
        var column = Group.IdxX & (TTile.ColumnThreads - 1);
        var quad = Group.IdxX >> TTile.ColumnShift;
        var outputs = default(AttentionOutputs);
        for (var tile = block.Begin >> AttentionLayout<TTile>.KeyShift; tile << AttentionLayout<TTile>.KeyShift < block.End; tile++)
        {
            var start = tile << AttentionLayout<TTile>.KeyShift;
            var scores = default(Float4x4);
            var scoresBelow = default(Float4x4);
            for (var d = 0; d < args.Pages.HeadDim; d += AttentionLayout<TTile>.StageDims)
            {
                Group.Barrier();
                var dims = AttentionStage<TTile>.Keys(args.Pages, block, shared, start, d);
                Group.Barrier();
                MultiplyScores(shared, ref scores, ref scoresBelow, quad, column, d, dims);
            }

            AttentionGroupSoftmax<TScore, TTile>.Store(args, block, shared, scores, scoresBelow, quad, column, start);
            Group.Barrier();
            AttentionGroupSoftmax<TScore, TTile>.Weigh(shared);
            AttentionStage<TTile>.Values(args.Pages, block, shared, start);
            Group.Barrier();
            AttentionGroupSoftmax<TScore, TTile>.UpdateRows(shared);
            var tileOutputs = default(AttentionOutputs);
            MultiplyValues(shared, ref tileOutputs, quad, column, 0);
            for (var k = AttentionLayout<TTile>.StageValues; k < AttentionLayout<TTile>.Keys; k += AttentionLayout<TTile>.StageValues)
            {
                if (start + k < block.End)
                {
                    Group.Barrier();
                    AttentionStage<TTile>.Values(args.Pages, block, shared, start + k);
                    Group.Barrier();
                    MultiplyValues(shared, ref tileOutputs, quad, column, k);
                }
            }

            Group.Barrier();
            Merge(shared, ref outputs, tileOutputs, quad);
        }

        AttentionGroupBlock<TScore, TTile>.Close(args, block, shared, outputs, quad, column);
    }

    /// <summary>Groups for the rows of a block.</summary>
    public static int Parts(int blockRows) => (blockRows + AttentionLayout<TTile>.Rows - 1) >> TTile.RowShift;

    /// <summary>scores += q · k over the staged dimensions.</summary>
    private static void MultiplyScores(
        in AttentionShared shared, ref Float4x4 scores, ref Float4x4 scoresBelow, int quad, int column, int firstDim, int dims)
    {
        var row = 4 * quad * AttentionLayout<TTile>.QueryStride;
        for (var d = 0; d < dims; d += 4)
        {
            var keys = Float4x4.Load(shared.Stage, (d << TTile.ColumnShift) + column, TTile.ColumnThreads);
            var at = row + ((firstDim + d) >> 2);
            var query = Float4x4.Load(shared.Query, at, AttentionLayout<TTile>.QueryStride);
            Float4x4.MultiplyAdd(ref scores, query, keys);
            if (TTile.RowQuads == 2)
            {
                at += 4 * TTile.RowThreads * AttentionLayout<TTile>.QueryStride;
                query = Float4x4.Load(shared.Query, at, AttentionLayout<TTile>.QueryStride);
                Float4x4.MultiplyAdd(ref scoresBelow, query, keys);
            }
        }
    }

    /// <summary>outputs += weights · v over the staged values, which start at key <paramref name="firstKey"/> of the tile.</summary>
    private static void MultiplyValues(
        in AttentionShared shared, ref AttentionOutputs outputs, int quad, int column, int firstKey)
    {
        var row = 4 * quad * AttentionLayout<TTile>.WeightStride;
        for (var k = 0; k < AttentionLayout<TTile>.StageValues; k += 4)
        {
            var at = row + ((firstKey + k) >> 2);
            var weights = Float4x4.Load(shared.Weights, at, AttentionLayout<TTile>.WeightStride);
            var start = k * AttentionLayout<TTile>.ValueStride + column;
            var values = Float4x4.Load(shared.Stage, start, AttentionLayout<TTile>.ValueStride);
            Float4x4.MultiplyAdd(ref outputs.Panel0, weights, values);
            if (TTile.RowQuads == 2)
            {
                at += 4 * TTile.RowThreads * AttentionLayout<TTile>.WeightStride;
                weights = Float4x4.Load(shared.Weights, at, AttentionLayout<TTile>.WeightStride);
                Float4x4.MultiplyAdd(ref outputs.Below, weights, values);
            }

            if (TTile.PanelShift >= 1)
            {
                values = Float4x4.Load(shared.Stage, start + TTile.ColumnThreads, AttentionLayout<TTile>.ValueStride);
                Float4x4.MultiplyAdd(ref outputs.Panel1, weights, values);
            }

            if (TTile.PanelShift >= 2)
            {
                values = Float4x4.Load(shared.Stage, start + 2 * TTile.ColumnThreads, AttentionLayout<TTile>.ValueStride);
                Float4x4.MultiplyAdd(ref outputs.Panel2, weights, values);
                values = Float4x4.Load(shared.Stage, start + 3 * TTile.ColumnThreads, AttentionLayout<TTile>.ValueStride);
                Float4x4.MultiplyAdd(ref outputs.Panel3, weights, values);
            }
        }
    }

    private static void Merge(in AttentionShared shared, ref AttentionOutputs outputs, in AttentionOutputs tile, int quad)
    {
        var keep = shared.Keep.Cast<Float4>();
        var take = shared.Take.Cast<Float4>();
        var keepHere = keep[quad];
        var takeHere = take[quad];
        Float4x4.Merge(ref outputs.Panel0, tile.Panel0, keepHere, takeHere);
        if (TTile.PanelShift >= 1)
        {
            Float4x4.Merge(ref outputs.Panel1, tile.Panel1, keepHere, takeHere);
        }

        if (TTile.PanelShift >= 2)
        {
            Float4x4.Merge(ref outputs.Panel2, tile.Panel2, keepHere, takeHere);
            Float4x4.Merge(ref outputs.Panel3, tile.Panel3, keepHere, takeHere);
        }

        if (TTile.RowQuads == 2)
        {
            keepHere = keep[quad + TTile.RowThreads];
            takeHere = take[quad + TTile.RowThreads];
            Float4x4.Merge(ref outputs.Below, tile.Below, keepHere, takeHere);
        }
    }
}

/// <summary>The output registers of a thread: four rows by up to sixteen dimensions, or eight rows by four.</summary>
internal struct AttentionOutputs
{
    public Float4x4 Panel0;
    public Float4x4 Panel1;
    public Float4x4 Panel2;
    public Float4x4 Panel3;

    /// <summary>The second four rows, where a thread holds eight.</summary>
    public Float4x4 Below;
}
