using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm and RMSNorm of rows, with the residual of a transformer block fused:
/// s = x + residual; y = norm(s) · weight + bias. y may be x or the residual.</summary>
public struct NormArgs
{
    /// <summary>x, (rows, width).</summary>
    public RowView X;

    /// <summary>residual, (rows, width); read where <see cref="HasResidual"/> is not 0.</summary>
    public RowView Residual;

    /// <summary>1: the residual is added first.</summary>
    public int HasResidual;

    /// <summary>s = x + residual, (rows, width), written where <see cref="HasSum"/> is not 0 (a pre-norm block needs it
    /// again). May be x or the residual.</summary>
    public RowView Sum;

    /// <summary>1: the sum is written.</summary>
    public int HasSum;

    /// <summary>y, (rows, width).</summary>
    public RowView Y;

    /// <summary>weight, (width), from <see cref="WeightOffset"/> on.</summary>
    public ArrayView<float> Weight;

    /// <summary>Where the weight starts in its view.</summary>
    public int WeightOffset;

    /// <summary>bias, (width), from <see cref="BiasOffset"/> on; read where <see cref="HasBias"/> is not 0.</summary>
    public ArrayView<float> Bias;

    /// <summary>Where the bias starts in its view.</summary>
    public int BiasOffset;

    /// <summary>1: the bias is added (LayerNorm; RMSNorm has none).</summary>
    public int HasBias;

    /// <summary>Columns.</summary>
    public int Width;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;

    /// <summary>Added to the variance (or mean square) under the root.</summary>
    public float Epsilon;

    /// <summary>Added to each weight before it multiplies: 1 for Gemma's RMSNorm, else 0.</summary>
    public float WeightShift;
}
