using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>A packed weight with its bias, as torch.nn.Linear holds them: y = x · weightᵀ + bias.</summary>
public sealed class PackedLinear
{
    /// <summary>Names the weight and its bias; neither is copied or disposed.</summary>
    /// <param name="weight">weight, (outputs, inputs).</param>
    /// <param name="bias">bias, (outputs); an empty view for none.</param>
    /// <exception cref="ShapeException">The bias is too short.</exception>
    public PackedLinear(PackedMatrix weight, ArrayView<float> bias = default)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (bias.Length > 0)
        {
            ShapeCheck.Elements("PackedLinear", "bias", bias, 0, weight.N);
        }

        (Weight, Bias) = (weight, bias);
    }

    /// <summary>weight, (outputs, inputs).</summary>
    public PackedMatrix Weight { get; }

    /// <summary>bias, (outputs); empty where there is none.</summary>
    public ArrayView<float> Bias { get; }

    /// <summary>Columns of x.</summary>
    public int Inputs => Weight.K;

    /// <summary>Columns of y.</summary>
    public int Outputs => Weight.N;

    /// <summary>y = activation(x · weightᵀ + bias) [+ residual] for <paramref name="rows"/> rows.</summary>
    internal void Run(
        KernelSet kernels, AcceleratorStream stream, in RowView x, in RowView y, int rows,
        ActivationKind activation = ActivationKind.None, in RowView residual = default)
    {
        var args = new MatMulArgs<StandardEpilogue>
        {
            X = x,
            Y = y,
            Rows = ActiveRows.Fixed(rows),
            Batch = 1,
            Epilogue = new StandardEpilogue
            {
                Bias = Bias,
                HasBias = Bias.Length > 0 ? 1 : 0,
                Residual = residual,
                HasResidual = residual.Data.Length > 0 ? 1 : 0,
                Activation = (int)activation,
                Scale = 1f,
            },
        };
        Weight.AttachTo(ref args);
        kernels.MatMul.Run(stream, args);
    }
}
