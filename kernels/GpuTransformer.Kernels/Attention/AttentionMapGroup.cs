using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The attention weights, one group a row and head.</summary>
internal static class AttentionMapGroup
{
    public const int MostThreads = 128;

    /// <remarks>
    /// Computes: map[row, head, slot] = softmax(scale · q·k) over the slots [begin, end) of the row, 0 elsewhere.
    /// Shapes: q (rows, numHeads · headDim); map (rows, numHeads · mapKeys).
    /// Group: one row (Grid.x) and head (Grid.y); thread t takes slots t, t + Group.DimX, ...
    /// Shared: the reductions' scratch. Barriers: 4.
    /// Numerics: the maximum first; each thread sums its slots in ascending order, then <see cref="GroupReduction"/>'s order.
    /// Edges: a row that sees nothing gives zeros; slots past mapKeys count in the sum and are not stored.
    /// Cost: 2 · headDim + 40 flops a (row, head, slot); keys are read 16 tokens at a time, side by side.
    /// </remarks>
    public static void Kernel(AttentionMapArgs args)
    {
        if (Grid.IdxX >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var line = AttentionMapLine.Open(args, Grid.IdxX, Grid.IdxY);
        var max = float.NegativeInfinity;
        for (var slot = Group.IdxX; slot < line.End; slot += Group.DimX)
        {
            if (slot >= line.Begin)
            {
                max = GroupReduction.Larger(max, line.StoreScore(args, slot));
            }
        }

        var shift = SoftmaxRow.Shift(GroupReduction.Max(scratch, max));
        var sum = 0f;
        for (var slot = Group.IdxX; slot < line.End; slot += Group.DimX)
        {
            if (slot >= line.Begin)
            {
                sum += line.StorePower(args, slot, shift);
            }
        }

        var inverse = SoftmaxRow.Inverse(GroupReduction.Sum(scratch, sum));
        for (var slot = Group.IdxX; slot < args.MapKeys; slot += Group.DimX)
        {
            line.StoreWeight(args, slot, inverse);
        }
    }
}
