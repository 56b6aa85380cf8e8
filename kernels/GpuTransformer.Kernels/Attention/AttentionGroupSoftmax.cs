using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The softmax of a flash-attention group, a key tile at a time. Between the two products a thread takes whole
/// pages of a row (16 scores), so that the order of the sums does not depend on the geometry of the tile.</summary>
internal static class AttentionGroupSoftmax<TScore, TTile>
    where TScore : struct, IScorePolicy
    where TTile : struct, IAttentionTile
{
    /// <summary>Finishes a thread's scores (scale, policy, mask) and stores them.</summary>
    public static void Store(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared,
        Float4x4 scores, Float4x4 scoresBelow, int quad, int column, int tileStart)
    {
        // The same for the whole group: a tile that every row sees runs no mask code.
        var masked = tileStart < block.FullBegin || tileStart + AttentionLayout<TTile>.Keys > block.FullEnd;
        var slot = tileStart + 4 * column;
        Finish(args, block, shared, ref scores, 4 * quad, slot, masked);
        scores.Store(
            shared.Weights, 4 * quad * AttentionLayout<TTile>.WeightStride + column, AttentionLayout<TTile>.WeightStride);
        if (TTile.RowQuads == 2)
        {
            var row = 4 * (quad + TTile.RowThreads);
            Finish(args, block, shared, ref scoresBelow, row, slot, masked);
            scoresBelow.Store(
                shared.Weights, row * AttentionLayout<TTile>.WeightStride + column, AttentionLayout<TTile>.WeightStride);
        }
    }

    /// <summary>Turns scores into weights, exp(score - maximum of the tile), and sums them by page. Barriers: 1, between
    /// the maxima and the weights.</summary>
    public static void Weigh(in AttentionShared shared)
    {
        var unit = Group.IdxX;
        var here = LoadPage(shared, unit);
        shared.PageMax[unit] = Max(here);
        var below = default(Float4x4);
        if (TTile.RowQuads == 2)
        {
            below = LoadPage(shared, unit + AttentionLayout<TTile>.Threads);
            shared.PageMax[unit + AttentionLayout<TTile>.Threads] = Max(below);
        }

        Group.Barrier();
        WeighPage(shared, here, unit);
        if (TTile.RowQuads == 2)
        {
            WeighPage(shared, below, unit + AttentionLayout<TTile>.Threads);
        }
    }

    /// <summary>Merges the tile's maximum and sum into those of each row; one thread a row.</summary>
    public static void UpdateRows(in AttentionShared shared)
    {
        for (var row = Group.IdxX; row < AttentionLayout<TTile>.Rows; row += AttentionLayout<TTile>.Threads)
        {
            var tileSum = 0f;
            for (var page = 0; page < AttentionLayout<TTile>.Pages; page++)
            {
                tileSum += shared.PageSum[(page << TTile.RowShift) + row];
            }

            var merge = AttentionMerge.Of(shared.RowMax[row], TileMax(shared, row));
            shared.RowMax[row] = merge.Max;
            shared.RowSum[row] = shared.RowSum[row] * merge.Keep + tileSum * merge.Take;
            shared.Keep[row] = merge.Keep;
            shared.Take[row] = merge.Take;
        }
    }

    private static void Finish(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared,
        ref Float4x4 scores, int row, int slot, bool masked)
    {
        FinishRow(args, block, shared, ref scores.A, row, slot, masked);
        FinishRow(args, block, shared, ref scores.B, row + 1, slot, masked);
        FinishRow(args, block, shared, ref scores.C, row + 2, slot, masked);
        FinishRow(args, block, shared, ref scores.D, row + 3, slot, masked);
    }

    private static void FinishRow(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared,
        ref Float4 scores, int row, int slot, bool masked)
    {
        var position = shared.Position[row];
        scores.X = args.Score.Apply(scores.X * args.Scale, block.Head, position, slot);
        scores.Y = args.Score.Apply(scores.Y * args.Scale, block.Head, position, slot + 1);
        scores.Z = args.Score.Apply(scores.Z * args.Scale, block.Head, position, slot + 2);
        scores.W = args.Score.Apply(scores.W * args.Scale, block.Head, position, slot + 3);
        if (masked)
        {
            var begin = shared.Begin[row];
            var end = shared.End[row];
            scores.X = slot >= begin && slot < end ? scores.X : float.NegativeInfinity;
            scores.Y = slot + 1 >= begin && slot + 1 < end ? scores.Y : float.NegativeInfinity;
            scores.Z = slot + 2 >= begin && slot + 2 < end ? scores.Z : float.NegativeInfinity;
            scores.W = slot + 3 >= begin && slot + 3 < end ? scores.W : float.NegativeInfinity;
        }
    }

    /// <summary>Where the scores of a unit (row unit mod Rows, page unit / Rows) start, in fours.</summary>
    private static int PageStart(int unit) =>
        (unit & (AttentionLayout<TTile>.Rows - 1)) * AttentionLayout<TTile>.WeightStride + ((unit >> TTile.RowShift) << 2);

    private static Float4x4 LoadPage(in AttentionShared shared, int unit) =>
        Float4x4.Load(shared.Weights, PageStart(unit), 1);

    private static void WeighPage(in AttentionShared shared, Float4x4 scores, int unit)
    {
        var shift = SoftmaxRow.Shift(TileMax(shared, unit & (AttentionLayout<TTile>.Rows - 1)));
        scores.A = Exp(scores.A, shift);
        scores.B = Exp(scores.B, shift);
        scores.C = Exp(scores.C, shift);
        scores.D = Exp(scores.D, shift);
        scores.Store(shared.Weights, PageStart(unit), 1);
        var sum = scores.A.X + scores.A.Y + scores.A.Z + scores.A.W;
        sum = sum + scores.B.X + scores.B.Y + scores.B.Z + scores.B.W;
        sum = sum + scores.C.X + scores.C.Y + scores.C.Z + scores.C.W;
        sum = sum + scores.D.X + scores.D.Y + scores.D.Z + scores.D.W;
        shared.PageSum[unit] = sum;
    }

    private static float TileMax(in AttentionShared shared, int row)
    {
        var max = shared.PageMax[row];
        for (var page = 1; page < AttentionLayout<TTile>.Pages; page++)
        {
            max = GroupReduction.Larger(max, shared.PageMax[(page << TTile.RowShift) + row]);
        }

        return max;
    }

    private static float Max(in Float4x4 scores)
    {
        var max = Max(float.NegativeInfinity, scores.A);
        max = Max(max, scores.B);
        max = Max(max, scores.C);
        return Max(max, scores.D);
    }

    private static float Max(float max, Float4 scores)
    {
        max = GroupReduction.Larger(max, scores.X);
        max = GroupReduction.Larger(max, scores.Y);
        max = GroupReduction.Larger(max, scores.Z);
        return GroupReduction.Larger(max, scores.W);
    }

    private static Float4 Exp(Float4 scores, float shift) => new(
        FastMath.Exp(scores.X - shift),
        FastMath.Exp(scores.Y - shift),
        FastMath.Exp(scores.Z - shift),
        FastMath.Exp(scores.W - shift));
}
