using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;

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

    /// <summary>output = softmax(scale · q·k) · v over contiguous matrices; writes keys and values into the workspace's pages
    /// first.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="q">q, (batch · seqLenQ, numHeads · headDim).</param>
    /// <param name="k">k, (batch · seqLenKv, numKvHeads · headDim).</param>
    /// <param name="v">v, (batch · seqLenKv, numKvHeads · headDim).</param>
    /// <param name="output">output, (batch · seqLenQ, numHeads · headDim); not q.</param>
    /// <param name="workspace">Made for the shape and for this kernel set.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<float> output,
        AttentionWorkspace workspace) =>
        Run(stream, q, k, v, output, workspace, default);

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
