using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762): output = concat over heads of
/// softmax(scale · q·k) · v, times the output projection, plus bias [+ residual], where q = query · Wqᵀ + bq and so on.
/// Two to four matmuls, writing keys and values into pages, and flash attention.</summary>
public sealed class MultiHeadAttention
{
    private const string Name = "MultiHeadAttention";
    private readonly KernelSet _kernels;

    internal MultiHeadAttention(KernelSet kernels) => _kernels = kernels;

    /// <summary>Self-attention: queries, keys and values from one input.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (batch · seqLen, width), contiguous.</param>
    /// <param name="output">output, (batch · seqLen, outputs), contiguous; may be x or the residual.</param>
    /// <param name="weights">The projections.</param>
    /// <param name="workspace">Made for the shape and for this kernel set.</param>
    /// <param name="residual">Added to the output, of its shape; an empty view for none. May be x.</param>
    /// <exception cref="ShapeException">Weights, views and shape do not fit; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> output, MultiHeadAttentionWeights weights,
        MultiHeadAttentionWorkspace workspace, ArrayView<float> residual = default)
    {
        Check(stream, weights, workspace);
        if (weights.QueryKeyValue is not { } fused)
        {
            Run(stream, x, x, output, weights, workspace, residual);
            return;
        }

        var shape = workspace.Shape;
        var rows = (int)shape.QueryRows;
        ShapeCheck.Elements(Name, "x", x, 0, (long)rows * fused.Inputs);
        CheckOutput(output, residual, rows, weights.Output);
        var projected = workspace.SideBySide();
        fused.Run(_kernels, stream, RowView.Dense(x, fused.Inputs), projected.Query, rows);
        Finish(stream, projected, output, weights.Output, workspace, residual);
    }

    /// <summary>Cross-attention: queries from one input, keys and values from another.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="query">Input of the queries, (batch · seqLenQ, width), contiguous.</param>
    /// <param name="keyValue">Input of keys and values, (batch · seqLenKv, width of its own), contiguous.</param>
    /// <param name="output">output, (batch · seqLenQ, outputs), contiguous; may be an input or the residual.</param>
    /// <param name="weights">The projections, not all in one.</param>
    /// <param name="workspace">Made for the shape and for this kernel set.</param>
    /// <param name="residual">Added to the output, of its shape; an empty view for none.</param>
    /// <exception cref="ShapeException">Weights, views and shape do not fit; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> query, ArrayView<float> keyValue, ArrayView<float> output,
        MultiHeadAttentionWeights weights, MultiHeadAttentionWorkspace workspace, ArrayView<float> residual = default)
    {
        Check(stream, weights, workspace);
        if (weights.Query is not { } queryWeight || (weights.KeyValue ?? weights.Key) is not { } keyWeight)
        {
            throw new ShapeException(
                $"{Name}: two inputs need projections for each, found queries, keys and values in one.");
        }

        var shape = workspace.Shape;
        var (rows, keyRows) = ((int)shape.QueryRows, (int)shape.KeyRows);
        ShapeCheck.Elements(Name, "query", query, 0, (long)rows * queryWeight.Inputs);
        ShapeCheck.Elements(Name, "keyValue", keyValue, 0, (long)keyRows * keyWeight.Inputs);
        CheckOutput(output, residual, rows, weights.Output);
        var projected = workspace.Apart();
        queryWeight.Run(_kernels, stream, RowView.Dense(query, queryWeight.Inputs), projected.Query, rows);
        keyWeight.Run(_kernels, stream, RowView.Dense(keyValue, keyWeight.Inputs), projected.Key, keyRows);
        weights.Value?.Run(_kernels, stream, RowView.Dense(keyValue, weights.Value.Inputs), projected.Value, keyRows);
        Finish(stream, projected, output, weights.Output, workspace, residual);
    }

    private void Check(
        AcceleratorStream stream, MultiHeadAttentionWeights weights, MultiHeadAttentionWorkspace workspace)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(workspace);
        workspace.Attention.CheckOwner(Name, _kernels);
        weights.Check(Name, workspace.Shape);
    }

    private static void CheckOutput(ArrayView<float> output, ArrayView<float> residual, int rows, PackedLinear weight)
    {
        ShapeCheck.Elements(Name, "output", output, 0, (long)rows * weight.Outputs);
        if (residual.Length > 0)
        {
            ShapeCheck.Elements(Name, "residual", residual, 0, (long)rows * weight.Outputs);
        }
    }

    private void Finish(
        AcceleratorStream stream, in ProjectedViews projected, ArrayView<float> output, PackedLinear weight,
        MultiHeadAttentionWorkspace workspace, ArrayView<float> residual)
    {
        _kernels.Attention.Run(
            stream, projected.Query, projected.Key, projected.Value, workspace.Attended, workspace.Attention, default);
        weight.Run(
            _kernels, stream, workspace.Attended, RowView.Dense(output, weight.Outputs), (int)workspace.Shape.QueryRows,
            residual: RowView.Dense(residual, weight.Outputs));
    }
}
