using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Group normalization (Wu and He 2018, arXiv:1803.08494) of images whose channels are adjacent: the channels of
/// an image fall into groups, and each group is normalized over all its pixels and channels; y = activation((x - mean) /
/// √(variance + eps) · weight + bias). y may be x.</summary>
public struct GroupNormArgs
{
    /// <summary>x, (images · spatial, channels).</summary>
    public RowView X;

    /// <summary>y, (images · spatial, channels).</summary>
    public RowView Y;

    /// <summary>weight, (channels).</summary>
    public ArrayView<float> Weight;

    /// <summary>bias, (channels).</summary>
    public ArrayView<float> Bias;

    /// <summary>Images in use.</summary>
    public ActiveRows Images;

    /// <summary>Pixels of an image.</summary>
    public int Spatial;

    /// <summary>Channels, a multiple of <see cref="Groups"/>.</summary>
    public int Channels;

    /// <summary>Groups of channels.</summary>
    public int Groups;

    /// <summary>Added to the variance under the root.</summary>
    public float Epsilon;

    /// <summary>One of <see cref="ActivationKind"/>, applied last.</summary>
    public int Activation;
}
