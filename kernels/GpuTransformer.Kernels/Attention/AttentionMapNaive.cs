using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The attention weights, one thread a row and head.</summary>
internal static class AttentionMapNaive
{
    /// <remarks>
    /// Computes: map[row, head, slot] = softmax(scale · q·k) over the slots [begin, end) of the row, 0 elsewhere.
    /// Shapes: q (rows, numHeads · headDim); map (rows, numHeads · mapKeys).
    /// Group: Group.DimX pairs of (row, head), one a thread. Shared: none. Barriers: none.
    /// Numerics: the maximum first, then the sum with ascending slots.
    /// Edges: a row that sees nothing gives zeros; slots past mapKeys count in the sum and are not stored.
    /// Cost: 2 · headDim + 40 flops a (row, head, slot), uncoalesced.
    /// </remarks>
    public static void Kernel(AttentionMapArgs args)
    {
        var item = Grid.IdxX * Group.DimX + Group.IdxX;
        var row = item / args.NumHeads;
        if ((uint)row >= (uint)args.Rows.Count)
        {
            return;
        }

        var line = AttentionMapLine.Open(args, row, item - row * args.NumHeads);
        var max = float.NegativeInfinity;
        for (var slot = line.Begin; slot < line.End; slot++)
        {
            max = GroupReduction.Larger(max, line.StoreScore(args, slot));
        }

        var shift = SoftmaxRow.Shift(max);
        var sum = 0f;
        for (var slot = line.Begin; slot < line.End; slot++)
        {
            sum += line.StorePower(args, slot, shift);
        }

        var inverse = SoftmaxRow.Inverse(sum);
        for (var slot = 0; slot < args.MapKeys; slot++)
        {
            line.StoreWeight(args, slot, inverse);
        }
    }
}
