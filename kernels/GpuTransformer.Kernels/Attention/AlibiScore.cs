namespace GpuTransformer.Kernels;

/// <summary>Attention with linear biases (Press et al. 2021, arXiv:2108.12409): score - slope · (queryPosition -
/// keyPosition), with a slope a head. For n heads, a power of two, head h (from 0) has 2^(-8 (h + 1) / n); for other
/// numbers, the heads past the largest power of two p below take every second slope of 2p heads, as in the paper's
/// code.</summary>
public struct AlibiScore : IScorePolicy
{
    private const float Ln2 = 0.693147181f;

    /// <summary>The largest power of two that is at most the number of heads.</summary>
    public int Power;

    /// <summary>8 ln 2 / Power: what each further head takes off the logarithm of the slope.</summary>
    public float Step;

    /// <summary>The policy for a number of heads, at least 1.</summary>
    public AlibiScore(int numHeads)
    {
        Power = 1;
        while (Power <= numHeads / 2)
        {
            Power *= 2;
        }

        Step = 8f * Ln2 / Power;
    }

    /// <summary>The slope of a head.</summary>
    public readonly float Slope(int head)
    {
        // Twice the steps, without a branch: then a compiler finds the slope once for all scores of a thread.
        var past = (Power - 1 - head) >> 31;
        var twice = 2 * head + 2 - (past & (2 * Power + 1));
        return AttentionPower.Exp(-0.5f * Step * twice);
    }

    /// <inheritdoc/>
    public readonly float Apply(float score, int head, int queryPosition, int keyPosition) =>
        score - Slope(head) * (queryPosition - keyPosition);
}
