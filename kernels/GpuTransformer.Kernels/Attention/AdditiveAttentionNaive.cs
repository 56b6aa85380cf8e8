using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Additive attention, one thread a query row.</summary>
internal static class AdditiveAttentionNaive
{
    /// <remarks>
    /// Computes: weights = softmax(v · tanh(query + key)) over the keys of the sequence; output = weights · value.
    /// Shapes: query (batch · seqLenQ, width); key, value (batch · seqLenKv, width or valueWidth); v (width);
    /// weights (batch · seqLenQ, seqLenKv); output (batch · seqLenQ, valueWidth).
    /// Group: Group.DimX query rows, one a thread. Shared: none. Barriers: none.
    /// Numerics: scores sum the width in ascending order, the rest keys in ascending order.
    /// Edges: keys past the length get weight 0 and are not read; no keys give zeros.
    /// Cost: about 30 · width + 2 · valueWidth flops a (row, key), uncoalesced.
    /// </remarks>
    public static void Kernel(AdditiveAttentionArgs args)
    {
        var row = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)row >= (uint)(args.Batch * args.SeqLenQ))
        {
            return;
        }

        var sequence = row / args.SeqLenQ;
        var keys = AdditiveAttentionRow.Keys(args, sequence);
        var firstKey = sequence * args.SeqLenKv;
        var max = float.NegativeInfinity;
        for (var j = 0; j < keys; j++)
        {
            var score = 0f;
            for (var i = 0; i < args.Width; i++)
            {
                score += args.Vector[args.VectorOffset + i] * FastMath.Tanh(args.Query[row, i] + args.Key[firstKey + j, i]);
            }

            args.Weights[row, j] = score;
            max = GroupReduction.Larger(max, score);
        }

        var shift = SoftmaxRow.Shift(max);
        var sum = 0f;
        for (var j = 0; j < keys; j++)
        {
            var power = FastMath.Exp(args.Weights[row, j] - shift);
            args.Weights[row, j] = power;
            sum += power;
        }

        var inverse = SoftmaxRow.Inverse(sum);
        for (var j = 0; j < args.SeqLenKv; j++)
        {
            args.Weights[row, j] = j < keys ? args.Weights[row, j] * inverse : 0f;
        }

        for (var d = 0; d < args.ValueWidth; d++)
        {
            var output = 0f;
            for (var j = 0; j < keys; j++)
            {
                output += args.Weights[row, j] * args.Value[firstKey + j, d];
            }

            args.Output[row, d] = output;
        }
    }
}
