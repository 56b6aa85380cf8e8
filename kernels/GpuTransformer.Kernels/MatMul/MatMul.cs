using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y = activation(scale · x · weightᵀ + bias) · gate + residual, each part optional.</summary>
public sealed class MatMul : MatMulOperation<StandardEpilogue>
{
    private readonly ConcurrentDictionary<Type, object> _byEpilogue = new();

    internal MatMul(KernelSet kernels)
        : base(kernels)
    {
    }

    /// <summary>The matmul with an epilogue of one's own, made at the first call and kept.</summary>
    public MatMulOperation<TEpilogue> With<TEpilogue>()
        where TEpilogue : struct, IEpilogue =>
        (MatMulOperation<TEpilogue>)_byEpilogue.GetOrAdd(
            typeof(TEpilogue), static (_, kernels) => new MatMulOperation<TEpilogue>(kernels), Kernels);

    /// <summary>y = x · weightᵀ for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (m, k).</param>
    /// <param name="weight">weight, (n, k), as PyTorch's Linear stores it.</param>
    /// <param name="y">y, (m, n).</param>
    /// <param name="m">Rows of x.</param>
    /// <param name="n">Rows of the weight.</param>
    /// <param name="k">Columns of both.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> y, int m, int n, int k) =>
        Run(stream, x, weight, y, m, n, k, StandardEpilogue.None);

    /// <summary>y = activation(x · weightᵀ + bias) + residual for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (m, k).</param>
    /// <param name="weight">weight, (n, k), as PyTorch's Linear stores it.</param>
    /// <param name="y">y, (m, n); it may be the residual.</param>
    /// <param name="m">Rows of x.</param>
    /// <param name="n">Rows of the weight.</param>
    /// <param name="k">Columns of both.</param>
    /// <param name="bias">bias, (n); an empty view for none.</param>
    /// <param name="activation">Activation of the sum with its bias.</param>
    /// <param name="residual">residual, (m, n); an empty view for none.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> x,
        ArrayView<float> weight,
        ArrayView<float> y,
        int m,
        int n,
        int k,
        ArrayView<float> bias,
        ActivationKind activation = ActivationKind.None,
        ArrayView<float> residual = default) =>
        Run(stream, x, weight, y, m, n, k, EpilogueOf(bias, activation, residual, n));

    /// <summary>y = x · weightᵀ for contiguous x (m, weight.K) and y (m, weight.N) and a packed weight, which must
    /// outlive the launch.</summary>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(AcceleratorStream stream, ArrayView<float> x, PackedMatrix weight, ArrayView<float> y, int m) =>
        Run(stream, x, weight, y, m, StandardEpilogue.None);

    /// <summary>y = activation(x · weightᵀ + bias) + residual for contiguous x and y and a packed weight.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (m, weight.K).</param>
    /// <param name="weight">Packed for this kernel set; it must outlive the launch.</param>
    /// <param name="y">y, (m, weight.N); it may be the residual.</param>
    /// <param name="m">Rows of x.</param>
    /// <param name="bias">bias, (weight.N); an empty view for none.</param>
    /// <param name="activation">Activation of the sum with its bias.</param>
    /// <param name="residual">residual, (m, weight.N); an empty view for none.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> x,
        PackedMatrix weight,
        ArrayView<float> y,
        int m,
        ArrayView<float> bias,
        ActivationKind activation = ActivationKind.None,
        ArrayView<float> residual = default)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Run(stream, x, weight, y, m, EpilogueOf(bias, activation, residual, weight.N));
    }

    /// <summary>The arguments of contiguous matrices x (m, k), weight (n, k), y (m, n), one of each.</summary>
    public static MatMulArgs<TEpilogue> Dense<TEpilogue>(
        ArrayView<float> x, ArrayView<float> weight, ArrayView<float> y, int m, int n, int k, TEpilogue epilogue)
        where TEpilogue : struct, IEpilogue => new()
        {
            X = RowView.Dense(x, k),
            Weight = RowView.Dense(weight, k),
            WeightColumnStride = 1,
            Y = RowView.Dense(y, n),
            N = n,
            K = k,
            Rows = ActiveRows.Fixed(m),
            Batch = 1,
            Epilogue = epilogue,
        };

    private protected override void CheckEpilogue(in StandardEpilogue epilogue, long rows, int n) =>
        Check(Name, epilogue, rows, n);

    /// <summary>Refuses an epilogue whose views do not hold (rows, n), for the operation <paramref name="name"/>.</summary>
    internal static void Check(string name, in StandardEpilogue epilogue, long rows, int n)
    {
        ShapeCheck.Known<ActivationKind>(name, "activation", epilogue.Activation);
        if (epilogue.HasBias != 0)
        {
            ShapeCheck.Elements(name, "bias", epilogue.Bias, epilogue.BiasOffset, n);
        }

        if (epilogue.HasGate != 0)
        {
            ShapeCheck.Rows(name, "gate", epilogue.Gate, rows, n);
        }

        if (epilogue.HasResidual != 0)
        {
            ShapeCheck.Rows(name, "residual", epilogue.Residual, rows, n);
        }
    }

    private static StandardEpilogue EpilogueOf(
        ArrayView<float> bias, ActivationKind activation, ArrayView<float> residual, int n) => new()
        {
            Bias = bias,
            HasBias = bias.Length > 0 ? 1 : 0,
            Activation = (int)activation,
            Residual = RowView.Dense(residual, n),
            HasResidual = residual.Length > 0 ? 1 : 0,
            Scale = 1f,
        };
}
