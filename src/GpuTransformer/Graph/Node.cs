using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>One operation of a program: what it reads, what it writes, and how a session binds it.</summary>
internal abstract class Node(string layer, IReadOnlyList<ValueInfo> reads, IReadOnlyList<ValueInfo> writes)
{
    /// <summary>The layer it belongs to, under the checkpoint's name.</summary>
    public string Layer { get; } = layer;

    public IReadOnlyList<ValueInfo> Reads { get; } = reads;

    public IReadOnlyList<ValueInfo> Writes { get; } = writes;

    /// <summary>Decides variant and arguments against a session's memory.</summary>
    public abstract BoundOperation Bind(Session session);
}

/// <summary>A node of one kernel operation.</summary>
/// <param name="operation">Which operation of the kernel set.</param>
/// <param name="arguments">Its arguments, in a session's memory.</param>
internal sealed class Node<TArgs>(
    string layer,
    IReadOnlyList<ValueInfo> reads,
    IReadOnlyList<ValueInfo> writes,
    Func<KernelSet, Operation<TArgs>> operation,
    Func<Session, TArgs> arguments)
    : Node(layer, reads, writes)
    where TArgs : struct
{
    public override BoundOperation Bind(Session session)
    {
        try
        {
            return operation(session.Kernels).Bind(arguments(session));
        }
        catch (ShapeException error)
        {
            throw new ShapeException($"{Layer}: {error.Message}");
        }
    }
}

/// <summary>One of two nodes that write the same, as a session's device and its readers ask.</summary>
/// <param name="takesFirst">Decides, when a session binds.</param>
internal sealed class EitherNode(Node first, Node second, Func<Session, bool> takesFirst)
    : Node(first.Layer, [.. first.Reads.Union(second.Reads)], first.Writes)
{
    public override BoundOperation Bind(Session session) => (takesFirst(session) ? first : second).Bind(session);
}
