using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention weights over heads and positions together, one thread group a query.</summary>
internal static class SpatialAttentionGroup
{
    public const int MostThreads = 256;

    /// <remarks>
    /// Computes: y[(query, position), head] = softmax(scale · q·k) over all (position, head) of the query.
    /// Shapes: q (images · queries, numHeads · headDim), k (keyRows, the same), y (images · queries · positions, numHeads).
    /// Group: one query; thread t takes elements t, t + Group.DimX, ... of (position, head), and reads what it wrote.
    /// Shared: the reductions' scratch. Barriers: 4.
    /// Numerics: the maximum first; each thread sums in ascending order, then <see cref="GroupReduction"/>'s order.
    /// Edges: a position without a key gives zeros. Cost: 2 · headDim + 40 flops and 24 bytes an element of y.
    /// </remarks>
    public static void Kernel(SpatialAttentionArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var first = row * args.Positions;
        var elements = args.Positions * args.NumHeads;
        var max = float.NegativeInfinity;
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var position = i / args.NumHeads;
            var head = i - position * args.NumHeads;
            var key = args.KeyOf(row, position);
            var score = key < 0 ? float.NegativeInfinity : args.Score(row, key, head);
            args.Y[first + position, head] = score;
            max = GroupReduction.Larger(max, score);
        }

        var shift = SoftmaxRow.Shift(GroupReduction.Max(scratch, max));
        var sum = 0f;
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var position = i / args.NumHeads;
            var head = i - position * args.NumHeads;
            var power = FastMath.Exp(args.Y[first + position, head] - shift);
            args.Y[first + position, head] = power;
            sum += power;
        }

        var inverse = SoftmaxRow.Inverse(GroupReduction.Sum(scratch, sum));
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var position = i / args.NumHeads;
            args.Y[first + position, i - position * args.NumHeads] *= inverse;
        }
    }
}
