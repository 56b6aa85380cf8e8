using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>Draws a token with the probabilities that scores stand for.</summary>
internal static class TokenDraw
{
    /// <param name="scores">Logits; minus infinity never comes.</param>
    /// <param name="uniform">A number in [0, 1).</param>
    /// <exception cref="InputException">A score is NaN, or none is left.</exception>
    public static int Of(ReadOnlySpan<float> scores, double uniform)
    {
        var best = ArgMax.Of(scores);
        double largest = scores[best];
        if (double.IsNegativeInfinity(largest))
        {
            throw NothingLeft();
        }

        var sum = 0.0;
        foreach (var score in scores)
        {
            sum += Math.Exp(score - largest);
        }

        var rest = uniform * sum;
        var last = best;
        for (var id = 0; id < scores.Length; id++)
        {
            var weight = Math.Exp(scores[id] - largest);
            if (weight > 0)
            {
                last = id;
                rest -= weight;
                if (rest < 0)
                {
                    return id;
                }
            }
        }

        // Rounding may leave a rest behind the last token.
        return last;
    }

    /// <summary>The best token.</summary>
    public static int Best(ReadOnlySpan<float> scores)
    {
        var best = ArgMax.Of(scores);
        return float.IsNegativeInfinity(scores[best]) ? throw NothingLeft() : best;
    }

    private static InputException NothingLeft() => new("the rules of generation forbid every token");
}
