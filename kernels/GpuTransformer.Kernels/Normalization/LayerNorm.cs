using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm of rows (Ba et al. 2016, arXiv:1607.06450), with a residual fused:
/// s = x + residual; y = (s - mean(s)) / √(variance(s) + eps) · weight + bias, the variance over the width (biased), as
/// torch.nn.LayerNorm computes it.</summary>
public sealed class LayerNorm : NormOperation
{
    internal static readonly Variant<NormArgs>[] Variants = VariantsOf<LayerNormKind>("layernorm", LayerNormCpu.Variant);

    internal LayerNorm(KernelSet kernels)
        : base(kernels, "LayerNorm", Variants)
    {
    }

    /// <summary>y = LayerNorm(x) · weight + bias.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width), contiguous.</param>
    /// <param name="weight">weight, (width).</param>
    /// <param name="bias">bias, (width).</param>
    /// <param name="y">y, (rows, width), contiguous; may be x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> y,
        int rows, int width, float epsilon = 1e-5f) =>
        Run(stream, Dense(x, weight, bias, y, rows, width, epsilon));

    /// <summary>s = x + residual; y = LayerNorm(s) · weight + bias.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width), contiguous.</param>
    /// <param name="residual">residual, (rows, width), contiguous.</param>
    /// <param name="weight">weight, (width).</param>
    /// <param name="bias">bias, (width).</param>
    /// <param name="sum">Receives s, (rows, width), contiguous; may be x or the residual. Empty: s is not stored.</param>
    /// <param name="y">y, (rows, width), contiguous; may be x or the residual, but not the sum.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> weight,
        ArrayView<float> bias, ArrayView<float> sum, ArrayView<float> y, int rows, int width, float epsilon = 1e-5f)
    {
        var args = Dense(x, weight, bias, y, rows, width, epsilon);
        args.Residual = RowView.Dense(residual, width);
        args.HasResidual = 1;
        args.Sum = RowView.Dense(sum, width);
        args.HasSum = sum.Length == 0 ? 0 : 1;
        Run(stream, args);
    }

    private static NormArgs Dense(
        ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> y,
        int rows, int width, float epsilon) => new()
        {
            X = RowView.Dense(x, width),
            Y = RowView.Dense(y, width),
            Weight = weight,
            Bias = bias,
            HasBias = 1,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = epsilon,
        };
}
