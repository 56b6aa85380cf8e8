using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention, one thread a row and head: two passes over the keys.</summary>
internal static class AttentionNaive<TScore>
    where TScore : struct, IScorePolicy
{
    /// <remarks>
    /// Computes: output = softmax(score(scale · q·k)) · v over the slots [begin, end) of the row.
    /// Shapes: q, output (rows, numHeads · headDim); keys and values in pages.
    /// Group: Group.DimX pairs of (row, head), one a thread. Shared: none. Barriers: none.
    /// Numerics: the maximum first; then sum and output with ascending slots, divided at the end.
    /// Edges: a row that sees nothing gives zeros; slots outside the interval are not read.
    /// Cost: 6 · headDim flops and 8 · headDim bytes a (row, head, slot), uncoalesced; the output is the accumulator.
    /// </remarks>
    public static void Kernel(AttentionArgs<TScore> args)
    {
        var item = Grid.IdxX * Group.DimX + Group.IdxX;
        var line = item / args.NumHeads;
        var head = item - line * args.NumHeads;
        var block = line / args.BlockRows;
        if ((uint)block >= (uint)args.Blocks.Count)
        {
            return;
        }

        var inBlock = line - block * args.BlockRows;
        if (inBlock >= args.BlockTable[2 * block + 1])
        {
            return;
        }

        var row = args.BlockTable[2 * block] + inBlock;
        var place = AttentionRow.Read(args.RowTable, row, PageAddress.SlotsPerSequence(args.Pages));
        var headDim = args.Pages.HeadDim;
        var kvHead = head / (args.NumHeads / args.Pages.NumKvHeads);
        var max = float.NegativeInfinity;
        for (var slot = place.Begin; slot < place.End; slot++)
        {
            max = GroupReduction.Larger(max, Score(args, row, head, kvHead, place, slot));
        }

        for (var d = 0; d < headDim; d++)
        {
            args.Output[row, head * headDim + d] = 0f;
        }

        var shift = SoftmaxRow.Shift(max);
        var sum = 0f;
        for (var slot = place.Begin; slot < place.End; slot++)
        {
            var power = FastMath.Exp(Score(args, row, head, kvHead, place, slot) - shift);
            var value = PageAddress.Value(args.Pages, place.Sequence, slot, kvHead);
            sum += power;
            for (var d = 0; d < headDim; d++)
            {
                args.Output[row, head * headDim + d] += power * args.Pages.Values[value + d];
            }
        }

        if (args.LogSumExp.Data.Length > 0)
        {
            args.LogSumExp[row, head] = AttentionRow.LogSumExp(max, sum);
        }

        var inverse = SoftmaxRow.Inverse(sum);
        for (var d = 0; d < headDim; d++)
        {
            args.Output[row, head * headDim + d] *= inverse;
        }
    }

    private static float Score(
        in AttentionArgs<TScore> args, int row, int head, int kvHead, in AttentionRow place, int slot)
    {
        var dot = AttentionScore.Dot(args.Query, row, head, args.Pages, place.Sequence, slot, kvHead);
        return args.Score.Apply(dot * args.Scale, head, place.Position, slot);
    }
}
