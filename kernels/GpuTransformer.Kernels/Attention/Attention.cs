using System.Collections.Concurrent;

namespace GpuTransformer.Kernels;

/// <summary>Attention over paged keys and values, softmax(scale · q·k) · v, without the score matrix in memory. For scores
/// of one's own see <see cref="With{TScore}"/>.</summary>
public sealed class Attention : AttentionOperation<PlainScore>
{
    private readonly ConcurrentDictionary<Type, object> _policies = new();

    internal Attention(KernelSet kernels)
        : base(kernels)
    {
    }

    /// <summary>Attention with a score policy compiled in; made once for a type.</summary>
    /// <typeparam name="TScore">What happens to a scaled score before the softmax.</typeparam>
    public AttentionOperation<TScore> With<TScore>()
        where TScore : struct, IScorePolicy
    {
        if (this is AttentionOperation<TScore> plain)
        {
            return plain;
        }

        return (AttentionOperation<TScore>)_policies.GetOrAdd(
            typeof(TScore), static (_, kernels) => new AttentionOperation<TScore>(kernels), Kernels);
    }
}
