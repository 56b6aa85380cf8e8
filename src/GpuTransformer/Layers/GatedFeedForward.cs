using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>down(activation(gate(x)) · up(x)): SwiGLU, GeGLU (Shazeer 2020, arXiv:2002.05202).</summary>
internal sealed record GatedFeedForward(LinearWeights Gate, LinearWeights Up, LinearWeights Down, ActivationKind Activation)
{
    /// <summary>Adds three matmuls; activation, product and residual are their epilogues.</summary>
    public GraphTensor Build(GraphBuilder graph, string layer, GraphTensor x, GraphTensor? residual = null)
    {
        var up = graph.Linear($"{layer}.up", x, Up);
        var inner = graph.Linear($"{layer}.gate", x, Gate, Activation, null, up);
        return graph.Linear($"{layer}.down", inner, Down, ActivationKind.None, residual);
    }
}
