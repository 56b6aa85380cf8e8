using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>RMSNorm of rows (Zhang and Sennrich 2019, arXiv:1910.07467), with a residual fused:
/// s = x + residual; y = s / √(mean(s²) + eps) · (weight + shift).</summary>
public sealed class RmsNorm : NormOperation
{
    internal static readonly Variant<NormArgs>[] Variants = VariantsOf<RmsNormKind>("rmsnorm", RmsNormCpu.Variant);

    internal RmsNorm(KernelSet kernels)
        : base(kernels, "RmsNorm", Variants)
    {
    }

    /// <summary>y = RMSNorm(x) · weight.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width), contiguous.</param>
    /// <param name="weight">weight, (width).</param>
    /// <param name="y">y, (rows, width), contiguous; may be x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> y,
        int rows, int width, float epsilon = 1e-6f) =>
        Run(stream, Dense(x, weight, y, rows, width, epsilon));

    /// <summary>s = x + residual; y = RMSNorm(s) · weight.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, width), contiguous.</param>
    /// <param name="residual">residual, (rows, width), contiguous.</param>
    /// <param name="weight">weight, (width).</param>
    /// <param name="sum">Receives s, (rows, width), contiguous; may be x or the residual. Empty: s is not stored.</param>
    /// <param name="y">y, (rows, width), contiguous; may be x or the residual, but not the sum.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> residual, ArrayView<float> weight,
        ArrayView<float> sum, ArrayView<float> y, int rows, int width, float epsilon = 1e-6f)
    {
        var args = Dense(x, weight, y, rows, width, epsilon);
        args.Residual = RowView.Dense(residual, width);
        args.HasResidual = 1;
        args.Sum = RowView.Dense(sum, width);
        args.HasSum = sum.Length == 0 ? 0 : 1;
        Run(stream, args);
    }

    private static NormArgs Dense(
        ArrayView<float> x, ArrayView<float> weight, ArrayView<float> y, int rows, int width, float epsilon) => new()
        {
            X = RowView.Dense(x, width),
            Y = RowView.Dense(y, width),
            Weight = weight,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = epsilon,
        };
}
