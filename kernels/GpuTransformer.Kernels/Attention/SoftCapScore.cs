using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Scores drawn towards zero so that none exceeds a cap (Gemma 2, arXiv:2408.00118, 2.1):
/// cap · tanh(score / cap).</summary>
public struct SoftCapScore : IScorePolicy
{
    /// <summary>What no score exceeds, above 0.</summary>
    public float Cap;

    /// <summary>The policy for a cap above 0.</summary>
    public SoftCapScore(float cap) => Cap = cap;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Apply(float score, int head, int queryPosition, int keyPosition) =>
        Cap * FastMath.Tanh(score / Cap);
}
