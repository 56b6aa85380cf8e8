using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>Log-probabilities of logits.</summary>
internal static class LogSoftmax
{
    /// <summary>Turns logits into log-probabilities in place; minus infinity stays. The sum is in double precision.</summary>
    /// <exception cref="InputException">A logit is NaN: the weights do not make sense.</exception>
    public static void Apply(Span<float> logits)
    {
        var (largest, logSum) = Measure(logits);
        foreach (ref var logit in logits)
        {
            logit = (float)(logit - largest - logSum);
        }
    }

    /// <summary>The log-probability of one token.</summary>
    public static float Of(ReadOnlySpan<float> logits, int id)
    {
        var (largest, logSum) = Measure(logits);
        return (float)(logits[id] - largest - logSum);
    }

    private static (double Largest, double LogSum) Measure(ReadOnlySpan<float> logits)
    {
        var largest = logits[ArgMax.Of(logits)];
        if (float.IsNegativeInfinity(largest))
        {
            return (0, 0);
        }

        var sum = 0.0;
        foreach (var logit in logits)
        {
            sum += Math.Exp((double)logit - largest);
        }

        return (largest, Math.Log(sum));
    }
}
