using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>down(activation(up(x))) + residual.</summary>
internal sealed record FeedForwardLayer(LinearWeights Up, LinearWeights Down, ActivationKind Activation)
{
    /// <summary>Adds the two matmuls; bias, activation and residual are their epilogues.</summary>
    public GraphTensor Build(GraphBuilder graph, string layer, GraphTensor x, GraphTensor residual)
    {
        var inner = graph.Linear($"{layer}.up", x, Up, Activation);
        return graph.Linear($"{layer}.down", inner, Down, ActivationKind.None, residual);
    }
}
