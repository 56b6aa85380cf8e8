using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>How a flash-attention group begins and ends: the intervals of its rows in, output out.</summary>
internal static class AttentionGroupBlock<TScore, TTile>
    where TScore : struct, IScorePolicy
    where TTile : struct, IAttentionTile
{
    /// <summary>Reads the rows of a block from the one <paramref name="skip"/> after its first on. Barriers: 2.</summary>
    public static AttentionBlock Open(in AttentionArgs<TScore> args, in AttentionShared shared, int index, int skip)
    {
        var block = default(AttentionBlock);
        var chunks = (args.Pages.HeadDim + AttentionLayout<TTile>.OutputDims - 1) / AttentionLayout<TTile>.OutputDims;
        block.Head = Grid.IdxY / chunks;
        block.FirstDim = (Grid.IdxY - block.Head * chunks) * AttentionLayout<TTile>.OutputDims;
        block.KvHead = block.Head / (args.NumHeads / args.Pages.NumKvHeads);
        block.FirstRow = args.BlockTable[2 * index] + skip;
        block.RowCount = args.BlockTable[2 * index + 1] - skip;
        block.RowCount = block.RowCount > AttentionLayout<TTile>.Rows ? AttentionLayout<TTile>.Rows : block.RowCount;
        block.Sequence = args.RowTable[4 * block.FirstRow];
        var slots = PageAddress.SlotsPerSequence(args.Pages);
        if (Group.IdxX < AttentionLayout<TTile>.Rows)
        {
            var row = default(AttentionRow);
            if (Group.IdxX < block.RowCount)
            {
                row = AttentionRow.Read(args.RowTable, block.FirstRow + Group.IdxX, slots);
            }

            shared.Begin[Group.IdxX] = row.Begin;
            shared.End[Group.IdxX] = row.End;
            shared.Position[Group.IdxX] = row.Position;
            shared.RowMax[Group.IdxX] = float.NegativeInfinity;
            shared.RowSum[Group.IdxX] = 0f;
        }

        Group.Barrier();
        FoldIntervals(shared, block.RowCount, slots);
        Group.Barrier();
        block.Begin = slots;
        block.End = 0;
        block.FullBegin = 0;
        block.FullEnd = slots;
        for (var fold = 0; fold < AttentionShared.Folds; fold++)
        {
            block.Begin = Math.Min(block.Begin, shared.Fold[4 * fold]);
            block.End = Math.Max(block.End, shared.Fold[4 * fold + 1]);
            block.FullBegin = Math.Max(block.FullBegin, shared.Fold[4 * fold + 2]);
            block.FullEnd = Math.Min(block.FullEnd, shared.Fold[4 * fold + 3]);
        }

        return block;
    }

    /// <summary>Divides by the sums of the weights and stores the output, and the logarithms of the sums where asked for.</summary>
    public static void Close(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared,
        in AttentionRegisters outputs, int rowThread, int column)
    {
        if (args.LogSumExp.Data.Length > 0 && block.FirstDim == 0 && Group.IdxX < block.RowCount)
        {
            args.LogSumExp[block.FirstRow + Group.IdxX, block.Head] =
                AttentionRow.LogSumExp(shared.RowMax[Group.IdxX], shared.RowSum[Group.IdxX]);
        }

        var dim = block.FirstDim + 4 * column;
        const int width = 4;
        StoreRows(args, block, shared, outputs.A, width * rowThread, dim);
        StoreRows(args, block, shared, outputs.B, width * rowThread, dim + width * TTile.ColumnThreads);
        if (TTile.RowQuads == 2)
        {
            var below = width * (rowThread + TTile.RowThreads);
            StoreRows(args, block, shared, outputs.C, below, dim);
            StoreRows(args, block, shared, outputs.D, below, dim + width * TTile.ColumnThreads);
        }
        else
        {
            StoreRows(args, block, shared, outputs.C, width * rowThread, dim + 2 * width * TTile.ColumnThreads);
            StoreRows(args, block, shared, outputs.D, width * rowThread, dim + 3 * width * TTile.ColumnThreads);
        }
    }

    /// <summary>Each of the first threads folds every eighth row: slots that some row sees, slots that all see.</summary>
    private static void FoldIntervals(in AttentionShared shared, int rowCount, int slots)
    {
        if (Group.IdxX < AttentionShared.Folds)
        {
            var someBegin = slots;
            var someEnd = 0;
            var allBegin = 0;
            var allEnd = slots;
            for (var r = Group.IdxX; r < rowCount; r += AttentionShared.Folds)
            {
                var begin = shared.Begin[r];
                var end = shared.End[r];
                someBegin = end > 0 ? Math.Min(someBegin, begin) : someBegin;
                someEnd = Math.Max(someEnd, end);
                allBegin = Math.Max(allBegin, begin);
                allEnd = Math.Min(allEnd, end);
            }

            shared.Fold[4 * Group.IdxX] = someBegin;
            shared.Fold[4 * Group.IdxX + 1] = someEnd;
            shared.Fold[4 * Group.IdxX + 2] = allBegin;
            shared.Fold[4 * Group.IdxX + 3] = allEnd;
        }
    }

    private static void StoreRows(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared,
        in Float4x4 output, int row, int dim)
    {
        StoreRow(args, block, shared, output.A, row, dim);
        StoreRow(args, block, shared, output.B, row + 1, dim);
        StoreRow(args, block, shared, output.C, row + 2, dim);
        StoreRow(args, block, shared, output.D, row + 3, dim);
    }

    private static void StoreRow(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared, Float4 output, int row, int dim)
    {
        // Dimensions from here to the end of the head; none past the rows of the block.
        var left = row < block.RowCount ? args.Pages.HeadDim - dim : 0;
        if (left <= 0)
        {
            return;
        }

        var inverse = SoftmaxRow.Inverse(shared.RowSum[row]);
        output.X *= inverse;
        output.Y *= inverse;
        output.Z *= inverse;
        output.W *= inverse;
        var at = args.Output.Offset + (block.FirstRow + row) * args.Output.Stride + block.Head * args.Pages.HeadDim + dim;
        if (((args.Output.Offset | args.Output.Stride | args.Pages.HeadDim) & 3) == 0)
        {
            args.Output.Data.Cast<Float4>()[at >> 2] = output;
            return;
        }

        args.Output.Data[at] = output.X;
        if (left > 1)
        {
            args.Output.Data[at + 1] = output.Y;
        }

        if (left > 2)
        {
            args.Output.Data[at + 2] = output.Z;
        }

        if (left > 3)
        {
            args.Output.Data[at + 3] = output.W;
        }
    }
}
