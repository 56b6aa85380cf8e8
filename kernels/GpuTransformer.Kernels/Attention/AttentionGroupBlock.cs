using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>How a flash-attention group begins and ends: rows and query tile in, output out.</summary>
internal static class AttentionGroupBlock<TScore, TTile>
    where TScore : struct, IScorePolicy
    where TTile : struct, IAttentionTile
{
    /// <summary>Reads the rows of a block from the one <paramref name="skip"/> after its first on, and their query tile,
    /// into shared memory. Barriers: 1.</summary>
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
        for (var r = Group.IdxX; r < AttentionLayout<TTile>.Rows; r += Group.DimX)
        {
            var row = default(AttentionRow);
            if (r < block.RowCount)
            {
                row = AttentionRow.Read(args.RowTable, block.FirstRow + r, slots);
            }

            shared.Begin[r] = row.Begin;
            shared.End[r] = row.End;
            shared.Position[r] = row.Position;
            shared.RowMax[r] = float.NegativeInfinity;
            shared.RowSum[r] = 0f;
        }

        LoadQuery(args, block, shared);
        Group.Barrier();
        block.Begin = slots;
        block.End = 0;
        block.FullBegin = 0;
        block.FullEnd = slots;
        for (var r = 0; r < block.RowCount; r++)
        {
            var begin = shared.Begin[r];
            var end = shared.End[r];
            if (end > 0)
            {
                block.Begin = begin < block.Begin ? begin : block.Begin;
                block.End = end > block.End ? end : block.End;
            }

            block.FullBegin = begin > block.FullBegin ? begin : block.FullBegin;
            block.FullEnd = end < block.FullEnd ? end : block.FullEnd;
        }

        return block;
    }

    /// <summary>Divides by the sums of the weights and stores the output.</summary>
    public static void Close(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared,
        in AttentionOutputs outputs, int quad, int column)
    {
        var dim = block.FirstDim + 4 * column;
        StoreRows(args, block, shared, outputs.Panel0, 4 * quad, dim);
        if (TTile.RowQuads == 2)
        {
            StoreRows(args, block, shared, outputs.Below, 4 * (quad + TTile.RowThreads), dim);
        }

        if (TTile.PanelShift >= 1)
        {
            StoreRows(args, block, shared, outputs.Panel1, 4 * quad, dim + 4 * TTile.ColumnThreads);
        }

        if (TTile.PanelShift >= 2)
        {
            StoreRows(args, block, shared, outputs.Panel2, 4 * quad, dim + 8 * TTile.ColumnThreads);
            StoreRows(args, block, shared, outputs.Panel3, 4 * quad, dim + 12 * TTile.ColumnThreads);
        }
    }

    private static void LoadQuery(in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared)
    {
        var first = block.Head * args.Pages.HeadDim;
        var column = Group.IdxX & (TTile.ColumnThreads - 1);
        for (var r = Group.IdxX >> TTile.ColumnShift; r < AttentionLayout<TTile>.Rows; r += TTile.RowThreads)
        {
            for (var four = column; 4 * four < args.Pages.HeadDim; four += TTile.ColumnThreads)
            {
                var value = default(Float4);
                if (r < block.RowCount)
                {
                    var left = args.Pages.HeadDim - 4 * four;
                    var at = args.Query.Offset + (block.FirstRow + r) * args.Query.Stride + first + 4 * four;
                    value.X = args.Query.Data[at];
                    value.Y = left > 1 ? args.Query.Data[at + 1] : 0f;
                    value.Z = left > 2 ? args.Query.Data[at + 2] : 0f;
                    value.W = left > 3 ? args.Query.Data[at + 3] : 0f;
                }

                shared.Query[r * AttentionLayout<TTile>.QueryStride + four] = value;
            }
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
        var inverse = SoftmaxRow.Inverse(shared.RowSum[row]);
        var at = args.Output.Offset + (block.FirstRow + row) * args.Output.Stride + block.Head * args.Pages.HeadDim + dim;
        if (left > 0)
        {
            args.Output.Data[at] = output.X * inverse;
        }

        if (left > 1)
        {
            args.Output.Data[at + 1] = output.Y * inverse;
        }

        if (left > 2)
        {
            args.Output.Data[at + 2] = output.Z * inverse;
        }

        if (left > 3)
        {
            args.Output.Data[at + 3] = output.W * inverse;
        }
    }
}
