using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>Self-attention of a decoder with rotary positions and as many or fewer key heads than query heads (Ainslie et
/// al. 2023, arXiv:2305.13245).</summary>
/// <param name="QueryKeyValue">The three in-projections in one matrix, ((heads + 2 · key heads) · headDim, hidden).</param>
/// <param name="Output">The out-projection.</param>
/// <param name="NumHeads">Query heads.</param>
/// <param name="NumKvHeads">Key and value heads.</param>
internal sealed record RotaryAttention(LinearWeights QueryKeyValue, LinearWeights Output, int NumHeads, int NumKvHeads)
{
    /// <summary>RMSNorm of each query head, and of each key head, before they turn; null: none.</summary>
    public (NormWeights Query, NormWeights Key)? HeadNorms { get; init; }

    /// <summary>Factor on q·k; null: 1/√headDim.</summary>
    public float? Scale { get; init; }

    /// <summary>What no score exceeds; null: scores stay as they are.</summary>
    public float? SoftCap { get; init; }

    /// <summary>output(attention(x)) [+ residual].</summary>
    /// <param name="graph">Where.</param>
    /// <param name="layer">The checkpoint's name of the layer.</param>
    /// <param name="x">What attends.</param>
    /// <param name="space">Rows and keys.</param>
    /// <param name="sees">Which keys each row sees.</param>
    /// <param name="angles">How each row turns.</param>
    /// <param name="residual">Added at the end; null: nothing.</param>
    public GraphTensor Build(
        GraphBuilder graph, string layer, GraphTensor x, TokenSpace space, Visibility sees, GraphTensor angles, GraphTensor? residual)
    {
        var headDim = QueryKeyValue.OutFeatures / (NumHeads + 2 * NumKvHeads);
        var (queryWidth, keyWidth) = (NumHeads * headDim, NumKvHeads * headDim);
        var projected = graph.Linear($"{layer}.qkv", x, QueryKeyValue);
        var query = projected.Columns(0, queryWidth);
        var key = projected.Columns(queryWidth, keyWidth);
        if (HeadNorms is { } norms)
        {
            graph.Rotary($"{layer}.q_norm", query, angles, NumHeads, norms.Query);
            graph.Rotary($"{layer}.k_norm", key, angles, NumKvHeads, norms.Key);
        }
        else
        {
            graph.Rotary($"{layer}.rotary", projected.Columns(0, queryWidth + keyWidth), angles, NumHeads + NumKvHeads);
        }

        var keys = graph.WriteKeys(
            layer, key, projected.Columns(queryWidth + keyWidth, keyWidth), space.Keys, space.Writes, NumKvHeads, persistent: true);
        var attended = SoftCap is { } cap
            ? graph.Attention(layer, query, keys, sees, NumHeads, Scale, new SoftCapScore(cap))
            : graph.Attention(layer, query, keys, sees, NumHeads, Scale);
        return graph.Linear($"{layer}.o_proj", attended, Output, ActivationKind.None, residual);
    }
}
