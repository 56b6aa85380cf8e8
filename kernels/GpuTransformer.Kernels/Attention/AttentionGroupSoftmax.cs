using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The softmax of a flash-attention group, a key tile at a time. Scores stay in the registers of the thread that
/// summed them; threads exchange largest scores and sums of four weights, whose order does not depend on the geometry.</summary>
/// <remarks>Sum of a tile: with s(i) the four weights of four i in ascending order, (s(0) + s(8)) + (s(1) + s(9)) + ... +
/// (s(7) + s(15)). Cost a score: policy, 2 for the maximum, 1 for the difference, 13 for the exponential, 1 for the sum,
/// 1/4 to store, 4 to hide; beside 2 · headDim multiply-adds of the products (14 % at 64).</remarks>
internal static class AttentionGroupSoftmax<TScore, TTile>
    where TScore : struct, IScorePolicy
    where TTile : struct, IAttentionTile
{
    private const int HalfFours = 8;

    /// <summary>Slots from one four of a thread's keys to the next.</summary>
    private static int FourStep => 4 * TTile.ColumnThreads;

    /// <summary>Finishes a thread's scores: policy, and -infinity where a row does not see the slot.</summary>
    public static void Finish(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared,
        ref AttentionRegisters scores, int rowThread, int column, int tileStart)
    {
        var slot = tileStart + 4 * column;
        var below = 4 * (rowThread + TTile.RowThreads);
        Apply(args, block, shared, ref scores.A, 4 * rowThread, slot);
        if (AttentionLayout<TTile>.ThreadKeyFours >= 2)
        {
            Apply(args, block, shared, ref scores.B, 4 * rowThread, slot + FourStep);
        }

        if (TTile.RowQuads == 2)
        {
            Apply(args, block, shared, ref scores.C, below, slot);
            if (AttentionLayout<TTile>.ThreadKeyFours == 2)
            {
                Apply(args, block, shared, ref scores.D, below, slot + FourStep);
            }
        }
        else if (AttentionLayout<TTile>.ThreadKeyFours == 4)
        {
            Apply(args, block, shared, ref scores.C, 4 * rowThread, slot + 2 * FourStep);
            Apply(args, block, shared, ref scores.D, 4 * rowThread, slot + 3 * FourStep);
        }

        // The same for the whole group: a tile that every row sees runs no mask code.
        if (tileStart < block.FullBegin || tileStart + AttentionKeys.Tile > block.FullEnd)
        {
            Hide(shared, ref scores, rowThread, slot);
        }
    }

    /// <summary>Leaves the largest of a thread's scores of each row in shared memory.</summary>
    public static void StoreMaxima(in AttentionShared shared, in AttentionRegisters scores, int rowThread, int column)
    {
        var max = Max(scores.A);
        var at = column * AttentionLayout<TTile>.PartStride + rowThread;
        if (TTile.RowQuads == 2)
        {
            var maxBelow = Max(scores.C);
            if (AttentionLayout<TTile>.ThreadKeyFours == 2)
            {
                max = Larger(max, Max(scores.B));
                maxBelow = Larger(maxBelow, Max(scores.D));
            }

            shared.Maxima[at + TTile.RowThreads] = maxBelow;
        }
        else if (AttentionLayout<TTile>.ThreadKeyFours == 4)
        {
            max = Larger(Larger(max, Max(scores.B)), Larger(Max(scores.C), Max(scores.D)));
        }

        shared.Maxima[at] = max;
    }

    /// <summary>Turns scores into weights, exp(score - maximum of the tile), stores them, and the sums of each four.</summary>
    public static void Weigh(in AttentionShared shared, AttentionRegisters scores, int rowThread, int column)
    {
        var shift = Shift(TileMax(shared.Maxima, rowThread));
        WeighFour(shared, scores.A, shift, rowThread, column);
        if (TTile.RowQuads == 2)
        {
            var below = rowThread + TTile.RowThreads;
            var shiftBelow = Shift(TileMax(shared.Maxima, below));
            WeighFour(shared, scores.C, shiftBelow, below, column);
            if (AttentionLayout<TTile>.ThreadKeyFours == 2)
            {
                WeighFour(shared, scores.B, shift, rowThread, column + TTile.ColumnThreads);
                WeighFour(shared, scores.D, shiftBelow, below, column + TTile.ColumnThreads);
            }
        }
        else if (AttentionLayout<TTile>.ThreadKeyFours == 4)
        {
            WeighFour(shared, scores.B, shift, rowThread, column + TTile.ColumnThreads);
            WeighFour(shared, scores.C, shift, rowThread, column + 2 * TTile.ColumnThreads);
            WeighFour(shared, scores.D, shift, rowThread, column + 3 * TTile.ColumnThreads);
        }
    }

    /// <summary>Merges the tile's maximum and sum into those of each row; one thread a row.</summary>
    public static void UpdateRows(in AttentionShared shared)
    {
        var row = Group.IdxX;
        if (row < AttentionLayout<TTile>.Rows)
        {
            const int stride = 4;
            var sums = shared.Sums.Cast<float>();
            var sum = 0f;
            for (var four = 0; four < HalfFours; four++)
            {
                var at = four * stride * AttentionLayout<TTile>.PartStride + row;
                sum += sums[at] + sums[at + HalfFours * stride * AttentionLayout<TTile>.PartStride];
            }

            var maxima = shared.Maxima.Cast<float>();
            var max = maxima[row];
            for (var column = 1; column < TTile.ColumnThreads; column++)
            {
                max = MathF.Max(max, maxima[column * stride * AttentionLayout<TTile>.PartStride + row]);
            }

            var merge = AttentionMerge.Of(shared.RowMax[row], max);
            shared.RowSum[row] = merge.Apply(shared.RowSum[row], sum);
            shared.RowMax[row] = merge.Max;
            shared.Keep[row] = merge.Keep;
            shared.Take[row] = merge.Take;
        }
    }

    private static void Apply(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared, ref Float4x4 scores, int row, int slot)
    {
        ApplyRow(args, block, shared.Position[row], ref scores.A, slot);
        ApplyRow(args, block, shared.Position[row + 1], ref scores.B, slot);
        ApplyRow(args, block, shared.Position[row + 2], ref scores.C, slot);
        ApplyRow(args, block, shared.Position[row + 3], ref scores.D, slot);
    }

    private static void ApplyRow(
        in AttentionArgs<TScore> args, in AttentionBlock block, int position, ref Float4 scores, int slot)
    {
        scores.X = args.Score.Apply(scores.X, block.Head, position, slot);
        scores.Y = args.Score.Apply(scores.Y, block.Head, position, slot + 1);
        scores.Z = args.Score.Apply(scores.Z, block.Head, position, slot + 2);
        scores.W = args.Score.Apply(scores.W, block.Head, position, slot + 3);
    }

    private static void Hide(in AttentionShared shared, ref AttentionRegisters scores, int rowThread, int slot)
    {
        HideFour(shared, ref scores.A, 4 * rowThread, slot);
        if (AttentionLayout<TTile>.ThreadKeyFours >= 2)
        {
            HideFour(shared, ref scores.B, 4 * rowThread, slot + FourStep);
        }

        if (TTile.RowQuads == 2)
        {
            var below = 4 * (rowThread + TTile.RowThreads);
            HideFour(shared, ref scores.C, below, slot);
            if (AttentionLayout<TTile>.ThreadKeyFours == 2)
            {
                HideFour(shared, ref scores.D, below, slot + FourStep);
            }
        }
        else if (AttentionLayout<TTile>.ThreadKeyFours == 4)
        {
            HideFour(shared, ref scores.C, 4 * rowThread, slot + 2 * FourStep);
            HideFour(shared, ref scores.D, 4 * rowThread, slot + 3 * FourStep);
        }
    }

    private static void HideFour(in AttentionShared shared, ref Float4x4 scores, int row, int slot)
    {
        HideRow(ref scores.A, slot - shared.Begin[row], shared.End[row] - shared.Begin[row]);
        HideRow(ref scores.B, slot - shared.Begin[row + 1], shared.End[row + 1] - shared.Begin[row + 1]);
        HideRow(ref scores.C, slot - shared.Begin[row + 2], shared.End[row + 2] - shared.Begin[row + 2]);
        HideRow(ref scores.D, slot - shared.Begin[row + 3], shared.End[row + 3] - shared.Begin[row + 3]);
    }

    /// <param name="scores">Four slots.</param>
    /// <param name="place">The first one, counted from the first that the row sees.</param>
    /// <param name="count">Slots that the row sees.</param>
    private static void HideRow(ref Float4 scores, int place, int count)
    {
        scores.X = (uint)place < (uint)count ? scores.X : float.NegativeInfinity;
        scores.Y = (uint)(place + 1) < (uint)count ? scores.Y : float.NegativeInfinity;
        scores.Z = (uint)(place + 2) < (uint)count ? scores.Z : float.NegativeInfinity;
        scores.W = (uint)(place + 3) < (uint)count ? scores.W : float.NegativeInfinity;
    }

    /// <summary>The tile's maximum of four rows, over all threads.</summary>
    private static Float4 TileMax(ArrayView<Float4> maxima, int rowFour)
    {
        var max = maxima[rowFour];
        for (var column = 1; column < TTile.ColumnThreads; column++)
        {
            max = Larger(max, maxima[column * AttentionLayout<TTile>.PartStride + rowFour]);
        }

        return max;
    }

    /// <summary>Weights of four rows by four keys: stored key by key, the rows of a key side by side.</summary>
    private static void WeighFour(in AttentionShared shared, Float4x4 scores, Float4 shift, int rowFour, int keyFour)
    {
        scores.A = Exp(scores.A, shift.X);
        scores.B = Exp(scores.B, shift.Y);
        scores.C = Exp(scores.C, shift.Z);
        scores.D = Exp(scores.D, shift.W);
        shared.Sums[keyFour * AttentionLayout<TTile>.PartStride + rowFour] =
            new Float4(Sum(scores.A), Sum(scores.B), Sum(scores.C), Sum(scores.D));
        var to = shared.Weights.SubView(
            4 * keyFour * AttentionLayout<TTile>.RowFours + (rowFour ^ (keyFour & AttentionLayout<TTile>.SwizzleMask)),
            3 * AttentionLayout<TTile>.RowFours + 1);
        to[0] = new Float4(scores.A.X, scores.B.X, scores.C.X, scores.D.X);
        to[AttentionLayout<TTile>.RowFours] = new Float4(scores.A.Y, scores.B.Y, scores.C.Y, scores.D.Y);
        to[2 * AttentionLayout<TTile>.RowFours] = new Float4(scores.A.Z, scores.B.Z, scores.C.Z, scores.D.Z);
        to[3 * AttentionLayout<TTile>.RowFours] = new Float4(scores.A.W, scores.B.W, scores.C.W, scores.D.W);
    }

    private static Float4 Max(in Float4x4 scores) =>
        new(Max(scores.A), Max(scores.B), Max(scores.C), Max(scores.D));

    private static float Max(in Float4 scores) => MathF.Max(MathF.Max(scores.X, scores.Y), MathF.Max(scores.Z, scores.W));

    private static Float4 Larger(in Float4 left, in Float4 right) => new(
        MathF.Max(left.X, right.X), MathF.Max(left.Y, right.Y), MathF.Max(left.Z, right.Z), MathF.Max(left.W, right.W));

    private static Float4 Shift(in Float4 max) => new(
        SoftmaxRow.Shift(max.X), SoftmaxRow.Shift(max.Y), SoftmaxRow.Shift(max.Z), SoftmaxRow.Shift(max.W));

    private static float Sum(in Float4 weights) => weights.X + weights.Y + weights.Z + weights.W;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Exp(Float4 scores, float shift) => new(
        AttentionPower.Exp(scores.X - shift),
        AttentionPower.Exp(scores.Y - shift),
        AttentionPower.Exp(scores.Z - shift),
        AttentionPower.Exp(scores.W - shift));
}
