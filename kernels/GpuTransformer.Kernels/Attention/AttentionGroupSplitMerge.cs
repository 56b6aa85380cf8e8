using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Merges what <see cref="AttentionGroupSplit{TScore}"/> left of each tile, one group a row and head.</summary>
internal static class AttentionGroupSplitMerge<TScore>
    where TScore : struct, IScorePolicy
{
    /// <summary>Threads of a group, and tiles whose factors are found side by side; two dimensions of a head a thread.</summary>
    public const int Threads = 128;

    /// <remarks>
    /// Computes: output = the tiles' outputs, brought to the largest maximum and divided by the sum of the weights.
    /// Shapes: workspace <see cref="AttentionPartials"/>; output (rows, numHeads · headDim).
    /// Group: one row of a block (Grid.x) and one head (Grid.y). A thread finds the factors of every 128th tile, then sums
    /// two dimensions over all tiles. Shared: figures of 128 tiles, 2 KB. Barriers: 3 for each 128 tiles.
    /// Numerics: tiles are merged one by one in ascending order, as the kernels that do not split do.
    /// Edges: a row that sees nothing gives zeros; tiles that it does not see are not read.
    /// Cost: 4 bytes a (dimension, tile); a chain of one multiply-add a tile, with four loads under way.
    /// </remarks>
    public static void Kernel(AttentionArgs<TScore> args)
    {
        var block = Grid.IdxX / args.BlockRows;
        var inBlock = Grid.IdxX - block * args.BlockRows;
        if (block >= args.Blocks.Count || inBlock >= args.BlockTable[2 * block + 1])
        {
            return;
        }

        var max = SharedMemory.Allocate<float>(Threads);
        var sum = SharedMemory.Allocate<float>(Threads);
        var keep = SharedMemory.Allocate<float>(Threads);
        var take = SharedMemory.Allocate<float>(Threads);
        var row = args.BlockTable[2 * block] + inBlock;
        var head = Grid.IdxY;
        var place = AttentionRow.Read(args.RowTable, row, PageAddress.SlotsPerSequence(args.Pages));
        var end = (place.End + AttentionKeys.Tile - 1) >> AttentionKeys.TileShift;
        var stride = AttentionPartials.Stride(args.Pages.HeadDim);
        var total = default(Total);
        total.Max = float.NegativeInfinity;
        for (var first = place.Begin >> AttentionKeys.TileShift; first < end; first += Threads)
        {
            var count = Math.Min(end - first, Threads);
            var start = AttentionPartials.Start(args, row, head, first);
            if (Group.IdxX < count)
            {
                max[Group.IdxX] = args.Partials[start + Group.IdxX * stride];
                sum[Group.IdxX] = args.Partials[start + Group.IdxX * stride + 1];
            }

            Group.Barrier();
            if (Group.IdxX < count)
            {
                var before = total.Max;
                for (var tile = 0; tile < Group.IdxX; tile++)
                {
                    before = GroupReduction.Larger(before, max[tile]);
                }

                var merge = AttentionMerge.Of(before, max[Group.IdxX]);
                keep[Group.IdxX] = merge.Keep;
                take[Group.IdxX] = merge.Take;
            }

            Group.Barrier();
            for (var tile = 0; tile < count; tile++)
            {
                total.Max = GroupReduction.Larger(total.Max, max[tile]);
                total.Sum = AttentionMerge.Apply(total.Sum, sum[tile], keep[tile], take[tile]);
            }

            var output = AttentionPartials.Output(start) + Group.IdxX;
            total.Output = Sum(args.Partials, output, stride, Group.IdxX < args.Pages.HeadDim ? count : 0, keep, take, total.Output);
            total.OutputAbove = Sum(
                args.Partials, output + Threads, stride, Group.IdxX + Threads < args.Pages.HeadDim ? count : 0, keep, take,
                total.OutputAbove);
            Group.Barrier();
        }

        Store(args, row, head, total);
        GroupEnd.Join();
    }

    /// <summary>One dimension over some tiles.</summary>
    private static float Sum(
        ArrayView<float> partials, int at, int stride, int count, ArrayView<float> keep, ArrayView<float> take, float total)
    {
        var tile = 0;
        for (; tile + 4 <= count; tile += 4)
        {
            var a = partials[at];
            var b = partials[at + stride];
            var c = partials[at + 2 * stride];
            var d = partials[at + 3 * stride];
            total = AttentionMerge.Apply(total, a, keep[tile], take[tile]);
            total = AttentionMerge.Apply(total, b, keep[tile + 1], take[tile + 1]);
            total = AttentionMerge.Apply(total, c, keep[tile + 2], take[tile + 2]);
            total = AttentionMerge.Apply(total, d, keep[tile + 3], take[tile + 3]);
            at += 4 * stride;
        }

        for (; tile < count; tile++)
        {
            total = AttentionMerge.Apply(total, partials[at], keep[tile], take[tile]);
            at += stride;
        }

        return total;
    }

    private static void Store(in AttentionArgs<TScore> args, int row, int head, in Total total)
    {
        var inverse = SoftmaxRow.Inverse(total.Sum);
        if (Group.IdxX < args.Pages.HeadDim)
        {
            args.Output[row, head * args.Pages.HeadDim + Group.IdxX] = total.Output * inverse;
        }

        if (Group.IdxX + Threads < args.Pages.HeadDim)
        {
            args.Output[row, head * args.Pages.HeadDim + Group.IdxX + Threads] = total.OutputAbove * inverse;
        }

        if (Group.IdxX == 0 && args.LogSumExp.Data.Length > 0)
        {
            args.LogSumExp[row, head] = AttentionRow.LogSumExp(total.Max, total.Sum);
        }
    }

    private struct Total
    {
        public float Max;
        public float Sum;
        public float Output;

        /// <summary>The dimension 128 further, of heads wider than that.</summary>
        public float OutputAbove;
    }
}
