namespace GpuTransformer.Diagnostics.References;

/// <summary>What a query row sees: slots [Begin, End) of a sequence, from a position.</summary>
internal readonly record struct QueryRow(int Sequence, int Begin, int End, int Position);

/// <summary>Attention in float64.</summary>
internal static class AttentionReference
{
    /// <summary>A score policy in float64: score, head, query position, key position.</summary>
    public delegate double Policy(double score, int head, int queryPosition, int keyPosition);

    /// <summary>softmax(policy(scale · q·k)) · v for each row and head; a row that sees nothing gives zeros.</summary>
    /// <param name="query">(rows, numHeads · headDim).</param>
    /// <param name="keys">One array a sequence, (slots, numKvHeads · headDim).</param>
    /// <param name="values">One array a sequence, (slots, numKvHeads · headDim).</param>
    public static double[] Compute(
        float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<float[]> values, IReadOnlyList<QueryRow> rows,
        int numHeads, int numKvHeads, int headDim, double scale, Policy? policy = null)
    {
        var output = new double[rows.Count * numHeads * headDim];
        for (var r = 0; r < rows.Count; r++)
        {
            for (var h = 0; h < numHeads; h++)
            {
                var weights = Weights(query, keys, rows, r, h, numHeads, numKvHeads, headDim, scale, policy);
                var kvHead = h / (numHeads / numKvHeads);
                for (var j = 0; j < weights.Length; j++)
                {
                    var value = values[rows[r].Sequence].AsSpan(((rows[r].Begin + j) * numKvHeads + kvHead) * headDim, headDim);
                    for (var d = 0; d < headDim; d++)
                    {
                        output[(r * numHeads + h) * headDim + d] += weights[j] * value[d];
                    }
                }
            }
        }

        return output;
    }

    /// <summary>The weights of one row and head over its slots [Begin, End).</summary>
    public static double[] Weights(
        float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<QueryRow> rows, int row, int head,
        int numHeads, int numKvHeads, int headDim, double scale, Policy? policy = null)
    {
        var place = rows[row];
        var kvHead = head / (numHeads / numKvHeads);
        var weights = new double[Math.Max(0, place.End - place.Begin)];
        for (var j = 0; j < weights.Length; j++)
        {
            var slot = place.Begin + j;
            var dot = 0.0;
            for (var d = 0; d < headDim; d++)
            {
                dot += (double)query[(row * numHeads + head) * headDim + d]
                    * keys[place.Sequence][(slot * numKvHeads + kvHead) * headDim + d];
            }

            weights[j] = policy is null ? dot * scale : policy(dot * scale, head, place.Position, slot);
        }

        SoftmaxReference.Row(weights);
        return weights;
    }
}
