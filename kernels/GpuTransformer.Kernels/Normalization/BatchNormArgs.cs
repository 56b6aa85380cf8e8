using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Batch normalization with frozen statistics (inference), optionally with a residual and ReLU:
/// y = activation((x - mean) / √(variance + eps) · weight + bias [+ residual]). x and y are
/// [batch, channels, spatial], contiguous; y may be x.</summary>
public struct BatchNormArgs
{
    /// <summary>x, [batch, channels, spatial], from <see cref="XOffset"/> on.</summary>
    public ArrayView<float> X;

    /// <summary>Where x starts in its view.</summary>
    public int XOffset;

    /// <summary>y, [batch, channels, spatial], from <see cref="YOffset"/> on.</summary>
    public ArrayView<float> Y;

    /// <summary>Where y starts in its view.</summary>
    public int YOffset;

    /// <summary>Residual of y's shape, from <see cref="ResidualOffset"/> on; read where <see cref="HasResidual"/> is not 0.</summary>
    public ArrayView<float> Residual;

    /// <summary>Where the residual starts in its view.</summary>
    public int ResidualOffset;

    /// <summary>1: the residual is added before the activation.</summary>
    public int HasResidual;

    /// <summary>weight, (channels).</summary>
    public ArrayView<float> Weight;

    /// <summary>bias, (channels).</summary>
    public ArrayView<float> Bias;

    /// <summary>running mean, (channels).</summary>
    public ArrayView<float> Mean;

    /// <summary>running variance, (channels).</summary>
    public ArrayView<float> Variance;

    /// <summary>Images.</summary>
    public int Batch;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>Pixels of a channel.</summary>
    public int Spatial;

    /// <summary>Added to the variance under the root.</summary>
    public float Epsilon;

    /// <summary>One of <see cref="ActivationKind"/>, applied last.</summary>
    public int Activation;
}
