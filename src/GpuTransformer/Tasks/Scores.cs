namespace GpuTransformer.Tasks;

/// <summary>Logits as probabilities.</summary>
internal static class Scores
{
    /// <summary>exp(x - max) / sum, over the whole row.</summary>
    public static float[] Softmax(ReadOnlySpan<float> logits)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = MathF.Max(largest, logit);
        }

        var scores = new float[logits.Length];
        var sum = 0.0;
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = MathF.Exp(logits[i] - largest);
            sum += scores[i];
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = (float)(scores[i] / sum);
        }

        return scores;
    }

    /// <summary>1 / (1 + exp(-x)), each alone.</summary>
    public static float[] Sigmoid(ReadOnlySpan<float> logits)
    {
        var scores = new float[logits.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = (float)(1 / (1 + Math.Exp(-logits[i])));
        }

        return scores;
    }

    /// <summary>The indices of the largest scores, the best first; the lower index where two are equal.</summary>
    public static int[] Best(float[] scores, int count)
    {
        if (count >= scores.Length)
        {
            return [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i])];
        }

        // A queue of the best so far: a vocabulary is not sorted for five of its words.
        var queue = new PriorityQueue<int, (float, int)>(count + 1);
        for (var i = 0; i < scores.Length; i++)
        {
            queue.Enqueue(i, (scores[i], -i));
            if (queue.Count > count)
            {
                queue.Dequeue();
            }
        }

        var best = new int[queue.Count];
        for (var i = best.Length - 1; i >= 0; i--)
        {
            best[i] = queue.Dequeue();
        }

        return best;
    }
}
