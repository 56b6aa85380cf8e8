using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention weights over heads and positions together, one thread a query.</summary>
internal static class SpatialAttentionNaive
{
    /// <remarks>
    /// Computes: y[(query, position), head] = softmax(scale · q·k) over all (position, head) of the query.
    /// Shapes: q (images · queries, numHeads · headDim), k (keyRows, the same), y (images · queries · positions, numHeads).
    /// Group: Group.DimX queries, one a thread. Shared: none. Barriers: none.
    /// Numerics: the maximum first, positions and heads ascending. Edges: a position without a key gives zeros.
    /// Cost: 2 · headDim + 40 flops and 24 bytes an element of y.
    /// </remarks>
    public static void Kernel(SpatialAttentionArgs args)
    {
        var row = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)row >= (uint)args.Rows.Count)
        {
            return;
        }

        var first = row * args.Positions;
        var max = float.NegativeInfinity;
        for (var p = 0; p < args.Positions; p++)
        {
            var key = args.KeyOf(row, p);
            for (var h = 0; h < args.NumHeads; h++)
            {
                var score = key < 0 ? float.NegativeInfinity : args.Score(row, key, h);
                args.Y[first + p, h] = score;
                max = GroupReduction.Larger(max, score);
            }
        }

        var shift = SoftmaxRow.Shift(max);
        var sum = 0f;
        for (var p = 0; p < args.Positions; p++)
        {
            for (var h = 0; h < args.NumHeads; h++)
            {
                var power = FastMath.Exp(args.Y[first + p, h] - shift);
                args.Y[first + p, h] = power;
                sum += power;
            }
        }

        var inverse = SoftmaxRow.Inverse(sum);
        for (var p = 0; p < args.Positions; p++)
        {
            for (var h = 0; h < args.NumHeads; h++)
            {
                args.Y[first + p, h] *= inverse;
            }
        }
    }
}
