using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>Multi-head attention of a decoder over the encoder's output. Keys and values are computed once, by the
/// encoder's program.</summary>
/// <param name="Query">In-projection of the decoder's rows.</param>
/// <param name="KeyValue">In-projections of the memory, (2 · heads · headDim, hidden).</param>
/// <param name="Output">The out-projection.</param>
/// <param name="NumHeads">Heads.</param>
/// <param name="Scale">Factor on q·k; null: 1/√headDim.</param>
internal sealed record CrossAttention(
    LinearWeights Query, LinearWeights KeyValue, LinearWeights Output, int NumHeads, float? Scale = null)
{
    /// <summary>Writes the memory's keys and values, in the encoder's program.</summary>
    public void BuildKeys(GraphBuilder graph, string layer, GraphTensor memory, KeySpace keys, IntTable writes)
    {
        var hidden = KeyValue.OutFeatures / 2;
        var projected = graph.Linear($"{layer}.kv", memory, KeyValue);
        graph.WriteKeys(layer, projected.Columns(0, hidden), projected.Columns(hidden, hidden), keys, writes, NumHeads, persistent: true);
    }

    /// <summary>output(attention(x over the memory)) + residual, in the decoder's program.</summary>
    public GraphTensor Build(GraphBuilder graph, string layer, GraphTensor x, GraphTensor residual, Visibility memory)
    {
        var query = graph.Linear($"{layer}.q", x, Query);
        var keys = graph.DeclareKeys(layer, memory.Keys, NumHeads, Query.OutFeatures / NumHeads, persistent: true);
        var attended = graph.Attention(layer, query, keys, memory, NumHeads, Scale);
        return graph.Linear($"{layer}.output", attended, Output, ActivationKind.None, residual);
    }
}
