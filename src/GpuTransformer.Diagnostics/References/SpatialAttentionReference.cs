namespace GpuTransformer.Diagnostics.References;

/// <summary>A softmax over heads and positions together, in float64.</summary>
internal static class SpatialAttentionReference
{
    /// <summary>y[image, query, position, head]; a position whose key is outside [0, keyRows) counts for nothing.</summary>
    public static double[] Compute(
        float[] q, float[] k, int[] table, int keyRows, int rows, int queries, int positions, int heads, int headDim, double scale)
    {
        var expected = new double[rows * positions * heads];
        for (var row = 0; row < rows; row++)
        {
            var scores = expected.AsSpan(row * positions * heads, positions * heads);
            for (var i = 0; i < scores.Length; i++)
            {
                var key = table[row / queries * positions + i / heads];
                var dot = 0.0;
                for (var d = i % heads * headDim; d < (i % heads + 1) * headDim && key >= 0 && key < keyRows; d++)
                {
                    dot += (double)q[row * heads * headDim + d] * k[key * heads * headDim + d];
                }

                scores[i] = key < 0 || key >= keyRows ? double.NegativeInfinity : scale * dot;
            }

            SoftmaxReference.Row(scores);
        }

        return expected;
    }
}
