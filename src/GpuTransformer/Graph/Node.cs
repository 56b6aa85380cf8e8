using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>One step of a program.</summary>
internal abstract class Node
{
    /// <summary>What a session over a kernel set launches for it; null: nothing.</summary>
    public abstract LaunchNode? On(KernelSet kernels);
}

/// <summary>A node that is launched as it is: what it reads and what it writes.</summary>
internal abstract class LaunchNode(string layer, IReadOnlyList<ValueInfo> reads, IReadOnlyList<ValueInfo> writes) : Node
{
    /// <summary>The layer it belongs to, under the checkpoint's name.</summary>
    public string Layer { get; } = layer;

    public IReadOnlyList<ValueInfo> Reads { get; } = reads;

    public IReadOnlyList<ValueInfo> Writes { get; } = writes;

    public override LaunchNode On(KernelSet kernels) => this;

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
    : LaunchNode(layer, reads, writes)
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

/// <summary>A node that the kernel set chooses, or none.</summary>
/// <param name="choose">Which.</param>
internal sealed class ChosenNode(Func<KernelSet, LaunchNode?> choose) : Node
{
    public override LaunchNode? On(KernelSet kernels) => choose(kernels);
}
