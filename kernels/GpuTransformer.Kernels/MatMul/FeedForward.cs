using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>The feed-forward block of a transformer layer: y = activation(x · w1ᵀ + b1) · w2ᵀ + b2 [+ residual], two
/// matmuls with everything else in their epilogues.</summary>
public sealed class FeedForward
{
    private const string Name = "FeedForward";
    private readonly KernelSet _kernels;

    internal FeedForward(KernelSet kernels) => _kernels = kernels;

    /// <summary>Elements that the workspace needs: the output of the first matmul.</summary>
    public static long WorkspaceLength(int rows, PackedLinear first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return (long)rows * first.Outputs;
    }

    /// <summary>Runs the block over contiguous rows.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width).</param>
    /// <param name="first">w1, (inner, width), and b1.</param>
    /// <param name="second">w2, (outputs, inner), and b2.</param>
    /// <param name="y">y, (rows, outputs); may be x or the residual.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="workspace">At least <see cref="WorkspaceLength"/> elements, overwritten.</param>
    /// <param name="activation">Between the two.</param>
    /// <param name="residual">Added to y, (rows, outputs); an empty view for none. Usually x.</param>
    /// <exception cref="ShapeException">A view is too short, or the weights do not fit each other; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, PackedLinear first, PackedLinear second, ArrayView<float> y,
        int rows, ArrayView<float> workspace, ActivationKind activation, ArrayView<float> residual = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Outputs != second.Inputs)
        {
            throw new ShapeException(
                $"{Name}: second must take the {first.Outputs} outputs of first, found {second.Inputs} inputs.");
        }

        ShapeCheck.AtLeast(Name, "rows", rows, 0);
        ShapeCheck.Elements(Name, "x", x, 0, (long)rows * first.Inputs);
        ShapeCheck.Elements(Name, "workspace", workspace, 0, WorkspaceLength(rows, first));
        ShapeCheck.Elements(Name, "y", y, 0, (long)rows * second.Outputs);
        if (residual.Length > 0)
        {
            ShapeCheck.Elements(Name, "residual", residual, 0, (long)rows * second.Outputs);
        }

        var inner = RowView.Dense(workspace, first.Outputs);
        first.Run(_kernels, stream, RowView.Dense(x, first.Inputs), inner, rows, activation);
        second.Run(
            _kernels, stream, inner, RowView.Dense(y, second.Outputs), rows,
            residual: RowView.Dense(residual, second.Outputs));
    }
}
