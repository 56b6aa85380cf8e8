using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What a matmul does with a finished sum before it is stored. A user's own struct compiles into the kernel:
/// no objects, no throw, no arrays; its fields travel with the launch.</summary>
public interface IEpilogue
{
    /// <summary>The value to store for the sum at (row, column); row counts through the batch (b * M + row).</summary>
    float Apply(float sum, int row, int column);
}

/// <summary>The epilogue of the product: y = activation(scale * sum + bias[column]) * gate[row, column] +
/// residual[row, column], each part behind a switch that is the same for the whole launch.</summary>
public struct StandardEpilogue : IEpilogue
{
    /// <summary>bias, (N); read where <see cref="HasBias"/> is not 0.</summary>
    public ArrayView<float> Bias;

    /// <summary>Where the bias starts in its view.</summary>
    public int BiasOffset;

    /// <summary>1: add the bias.</summary>
    public int HasBias;

    /// <summary>gate, (M, N); read where <see cref="HasGate"/> is not 0.</summary>
    public RowView Gate;

    /// <summary>1: multiply by the gate.</summary>
    public int HasGate;

    /// <summary>residual, (M, N); read where <see cref="HasResidual"/> is not 0. It may be y itself.</summary>
    public RowView Residual;

    /// <summary>1: add the residual.</summary>
    public int HasResidual;

    /// <summary>The activation, one of <see cref="ActivationKind"/>.</summary>
    public int Activation;

    /// <summary>Factor on the sum.</summary>
    public float Scale;

    /// <summary>Nothing but the sum.</summary>
    public static StandardEpilogue None => new() { Scale = 1f };

    /// <inheritdoc/>
    public readonly float Apply(float sum, int row, int column)
    {
        var value = sum * Scale;
        if (HasBias != 0)
        {
            value += Bias[BiasOffset + column];
        }

        value = Activations.Apply(value, Activation);
        if (HasGate != 0)
        {
            value *= Gate[row, column];
        }

        if (HasResidual != 0)
        {
            value += Residual[row, column];
        }

        return value;
    }
}
