using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>Multi-head self-attention with its two projections (Vaswani et al. 2017, arXiv:1706.03762, 3.2.2).</summary>
/// <param name="QueryKeyValue">The three in-projections in one matrix, (3 · hidden, hidden).</param>
/// <param name="Output">The out-projection.</param>
/// <param name="NumHeads">Heads.</param>
internal sealed record SelfAttention(LinearWeights QueryKeyValue, LinearWeights Output, int NumHeads)
{
    /// <summary>Factor on q·k; null: 1/√headDim.</summary>
    public float? Scale { get; init; }

    /// <summary>output(attention(x)) + residual.</summary>
    /// <param name="graph">Where.</param>
    /// <param name="layer">The checkpoint's name of the layer.</param>
    /// <param name="x">What attends.</param>
    /// <param name="residual">Added at the end.</param>
    /// <param name="space">Rows and keys.</param>
    /// <param name="persistent">Keys and values are kept for later runs.</param>
    /// <param name="mapOutput">Name under which the attention weights are given out; null: they are not made.</param>
    public GraphTensor Build(
        GraphBuilder graph, string layer, GraphTensor x, GraphTensor residual, TokenSpace space, bool persistent, string? mapOutput = null)
    {
        var hidden = QueryKeyValue.OutFeatures / 3;
        var projected = graph.Linear($"{layer}.qkv", x, QueryKeyValue);
        var query = projected.Columns(0, hidden);
        var keys = graph.WriteKeys(
            layer, projected.Columns(hidden, hidden), projected.Columns(2 * hidden, hidden), space.Keys, space.Writes, NumHeads, persistent);
        if (mapOutput is not null)
        {
            graph.Output(mapOutput, graph.AttentionMap(layer, query, keys, space.Sees, NumHeads, Scale));
        }

        var attended = graph.Attention(layer, query, keys, space.Sees, NumHeads, Scale);
        return graph.Linear($"{layer}.output", attended, Output, ActivationKind.None, residual);
    }
}
