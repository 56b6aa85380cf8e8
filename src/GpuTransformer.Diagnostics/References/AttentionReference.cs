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
        var width = numHeads * headDim;
        var output = new double[rows.Count * width];
        for (var r = 0; r < rows.Count; r++)
        {
            Row(query, keys, values, rows, r, numHeads, numKvHeads, headDim, scale, policy).CopyTo(output, r * width);
        }

        return output;
    }

    /// <summary>One row, (numHeads · headDim).</summary>
    public static double[] Row(
        float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<float[]> values, IReadOnlyList<QueryRow> rows, int row,
        int numHeads, int numKvHeads, int headDim, double scale, Policy? policy = null)
    {
        var output = new double[numHeads * headDim];
        for (var h = 0; h < numHeads; h++)
        {
            var weights = Weights(query, keys, rows, row, h, numHeads, numKvHeads, headDim, scale, policy);
            var kvHead = h / (numHeads / numKvHeads);
            for (var j = 0; j < weights.Length; j++)
            {
                var value = values[rows[row].Sequence].AsSpan(((rows[row].Begin + j) * numKvHeads + kvHead) * headDim, headDim);
                for (var d = 0; d < headDim; d++)
                {
                    output[h * headDim + d] += weights[j] * value[d];
                }
            }
        }

        return output;
    }

    /// <summary>The weights of the first rows as a map, (rows, numHeads · mapKeys); slots past mapKeys are left out.</summary>
    public static double[] Map(
        float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<QueryRow> rows, int count,
        int numHeads, int numKvHeads, int headDim, double scale, int mapKeys)
    {
        var map = new double[count * numHeads * mapKeys];
        for (var i = 0; i < count * numHeads; i++)
        {
            var (row, head) = (i / numHeads, i % numHeads);
            var weights = Weights(query, keys, rows, row, head, numHeads, numKvHeads, headDim, scale);
            for (var j = 0; j < weights.Length && rows[row].Begin + j < mapKeys; j++)
            {
                map[i * mapKeys + rows[row].Begin + j] = weights[j];
            }
        }

        return map;
    }

    /// <summary>The logarithm of the sum of exp(score) of each (row, head); -infinity where the row sees nothing.</summary>
    /// <inheritdoc cref="Compute"/>
    public static double[] LogSumExp(
        float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<QueryRow> rows,
        int numHeads, int numKvHeads, int headDim, double scale, Policy? policy = null)
    {
        var result = new double[rows.Count * numHeads];
        for (var i = 0; i < result.Length; i++)
        {
            var scores = Scores(query, keys, rows, i / numHeads, i % numHeads, numHeads, numKvHeads, headDim, scale, policy);
            var max = scores.Length == 0 ? 0 : scores.Max();
            result[i] = max + Math.Log(scores.Sum(score => Math.Exp(score - max)));
        }

        return result;
    }

    /// <summary>The weights of one row and head over its slots [Begin, End).</summary>
    public static double[] Weights(
        float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<QueryRow> rows, int row, int head,
        int numHeads, int numKvHeads, int headDim, double scale, Policy? policy = null)
    {
        var weights = Scores(query, keys, rows, row, head, numHeads, numKvHeads, headDim, scale, policy);
        SoftmaxReference.Row(weights);
        return weights;
    }

    private static double[] Scores(
        float[] query, IReadOnlyList<float[]> keys, IReadOnlyList<QueryRow> rows, int row, int head,
        int numHeads, int numKvHeads, int headDim, double scale, Policy? policy)
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

        return weights;
    }
}
