namespace GpuTransformer.Diagnostics.References;

/// <summary>Additive attention in float64.</summary>
internal static class AdditiveAttentionReference
{
    /// <summary>weights = softmax(v · tanh(query + key)) over the first keyLength keys; output = weights · value.</summary>
    public static (double[] Output, double[] Weights) Compute(
        float[] query, float[] key, float[] value, float[] vector, int[]? keyLengths,
        int batch, int seqLenQ, int seqLenKv, int width, int valueWidth)
    {
        var output = new double[batch * seqLenQ * valueWidth];
        var weights = new double[batch * seqLenQ * seqLenKv];
        for (var row = 0; row < batch * seqLenQ; row++)
        {
            var b = row / seqLenQ;
            var keys = Math.Clamp(keyLengths?[b] ?? seqLenKv, 0, seqLenKv);
            var scores = weights.AsSpan(row * seqLenKv, keys);
            for (var j = 0; j < keys; j++)
            {
                for (var i = 0; i < width; i++)
                {
                    scores[j] += vector[i] * Math.Tanh((double)query[row * width + i] + key[(b * seqLenKv + j) * width + i]);
                }
            }

            SoftmaxReference.Row(scores);
            for (var j = 0; j < keys; j++)
            {
                for (var d = 0; d < valueWidth; d++)
                {
                    output[row * valueWidth + d] += scores[j] * value[(b * seqLenKv + j) * valueWidth + d];
                }
            }
        }

        return (output, weights);
    }
}
