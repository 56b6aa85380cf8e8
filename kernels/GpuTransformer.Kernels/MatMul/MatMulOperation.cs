using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y[b] = epilogue(x[b] · weight[b]ᵀ) in float32; naive and group variants add in the order of MatMulOrder,
/// the CPU variant with k ascending in one accumulator an output.</summary>
/// <typeparam name="TEpilogue">What happens to a finished sum: a struct that compiles into the kernel; public, since
/// ILGPU's CPU accelerator calls it from an assembly of its own.</typeparam>
public class MatMulOperation<TEpilogue> : Operation<MatMulArgs<TEpilogue>>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Sizes end here, so that indices with a tile added still fit 32 bits.</summary>
    private const int LargestSize = int.MaxValue - 4096;

    /// <summary>Threads that the last group of a grid may have too many.</summary>
    private const int LaunchMargin = 1024;

    internal MatMulOperation(KernelSet kernels)
        : base(kernels, "MatMul", MatMulVariants<TEpilogue>.Table())
    {
    }

    /// <summary>y = epilogue(x · weightᵀ) for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (m, k).</param>
    /// <param name="weight">weight, (n, k), as PyTorch's Linear stores it.</param>
    /// <param name="y">y, (m, n).</param>
    /// <param name="m">Rows of x.</param>
    /// <param name="n">Rows of the weight.</param>
    /// <param name="k">Columns of both.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> x,
        ArrayView<float> weight,
        ArrayView<float> y,
        int m,
        int n,
        int k,
        TEpilogue epilogue)
    {
        var args = MatMul.Dense(x, weight, y, m, n, k, epilogue);
        Run(stream, args);
    }

    /// <summary>y = epilogue(x · weightᵀ) for contiguous x and y and a packed weight.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (m, weight.K).</param>
    /// <param name="weight">Packed for this kernel set; it must outlive the launch.</param>
    /// <param name="y">y, (m, weight.N).</param>
    /// <param name="m">Rows of x.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, PackedMatrix weight, ArrayView<float> y, int m, TEpilogue epilogue)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var args = MatMul.Dense(x, default, y, m, weight.N, weight.K, epilogue);
        weight.AttachTo(ref args);
        Run(stream, args);
        GC.KeepAlive(weight);
    }

    internal override ShapeClass? ClassOf(in MatMulArgs<TEpilogue> args) => new ShapeClass(
        ShapeClass.Of((long)args.Batch * args.Rows.Capacity), ShapeClass.Of(args.N), ShapeClass.Of(args.K),
        (args.Batch > 1 ? 1 : 0) + 2 * args.Encoding);

    /// <inheritdoc/>
    protected override void Check(in MatMulArgs<TEpilogue> args)
    {
        ShapeCheck.Active(Name, "M", args.Rows);
        ShapeCheck.Between(Name, "M", args.Rows.Capacity, 0, LargestSize);
        ShapeCheck.Between(Name, "N", args.N, 1, LargestSize);
        ShapeCheck.Between(Name, "K", args.K, 1, LargestSize);
        ShapeCheck.AtLeast(Name, "batch", args.Batch, 1);
        var outputs = (long)args.Rows.Capacity * args.N + LaunchMargin;
        ShapeCheck.AtMostIntMax(Name, "M · N", outputs);
        ShapeCheck.AtMostIntMax(Name, "batch · M · N", outputs * args.Batch);
        ShapeCheck.Batch(Name, "x", args.X, args.Rows.Capacity, args.K, args.Batch, args.XBatchStride);
        CheckWeight(args);
        ShapeCheck.Batch(Name, "y", args.Y, args.Rows.Capacity, args.N, args.Batch, args.YBatchStride);
        CheckDisjoint(args);
        CheckEpilogue(args.Epilogue, (long)args.Batch * args.Rows.Capacity, args.N);
    }

    /// <summary>Refuses an epilogue whose views do not hold (rows, n).</summary>
    private protected virtual void CheckEpilogue(in TEpilogue epilogue, long rows, int n)
    {
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in MatMulArgs<TEpilogue> args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in MatMulArgs<TEpilogue> args)
    {
        long m = args.Rows.Capacity;
        var weights = args.WeightBatchStride == 0 ? 1 : args.Batch;
        var shape = (args.Batch == 1 ? "" : $"{args.Batch} x ") + $"({m}, {args.K}) · ({args.N}, {args.K})ᵀ"
            + (args.Encoding == (int)WeightEncoding.F32 ? "" : $" {(WeightEncoding)args.Encoding}")
            + (args.Panels == 0 || PackedPanels.ActivationsOf(args.Panels) == ActivationEncoding.F32 ? "" : $" x {PackedPanels.ActivationsOf(args.Panels)}");
        var weightBytes = args.Panels != 0
            ? PackedPanels.ByteSize(args.Panels)
            : 4 * WeightRowEncoder.Words((WeightEncoding)args.Encoding, args.K) * args.N * weights;
        var others = args.Batch * m * ((long)args.K + args.N);
        return (shape, 2 * args.Batch * m * args.N * args.K, 4 * others + weightBytes);
    }

    private void CheckWeight(in MatMulArgs<TEpilogue> args)
    {
        ShapeCheck.Known<WeightEncoding>(Name, "encoding", args.Encoding);
        if (args.Panels != 0)
        {
            PackedPanels.Check(Name, args.Panels, args.N, args.K, args.WeightBatchStride);
            if (args.Weight.Data.Length == 0)
            {
                return;
            }
        }

        if (args.Encoding != (int)WeightEncoding.F32)
        {
            CheckEncodedWeight(args);
            return;
        }

        if (args.WeightColumnStride == 1)
        {
            ShapeCheck.Batch(Name, "weight", args.Weight, args.N, args.K, args.Batch, args.WeightBatchStride);
            return;
        }

        // (K, N): the same check with the roles of rows and columns exchanged.
        ShapeCheck.AtLeast(Name, "the column stride of weight", args.WeightColumnStride, 1);
        if (args.Weight.Stride != 1)
        {
            throw new ShapeException(
                $"{Name}: weight must have adjacent elements along k (column stride 1) or along n (stride 1), " +
                $"found column stride {args.WeightColumnStride} and stride {args.Weight.Stride}.");
        }

        var transposed = new RowView(args.Weight.Data, args.Weight.Offset, args.WeightColumnStride);
        ShapeCheck.Batch(Name, "weight", transposed, args.K, args.N, args.Batch, args.WeightBatchStride);
    }

    /// <summary>Narrow encodings are only inside packed weights, whose rows are whole cells of 128 bits.</summary>
    private void CheckEncodedWeight(in MatMulArgs<TEpilogue> args)
    {
        if (args.Encoding > (int)WeightEncoding.Q8_0)
        {
            throw new ShapeException(
                $"{Name}: a weight stored as {(WeightEncoding)args.Encoding} must be packed for the CPU variant.");
        }

        if (args.WeightColumnStride != 1 || args.WeightBatchStride != 0 || !ShapeCheck.IsVectorAligned(args.Weight))
        {
            throw new ShapeException(
                $"{Name}: a weight stored as {(WeightEncoding)args.Encoding} must be one packed weight for the whole batch, " +
                $"found column stride {args.WeightColumnStride}, batch stride {args.WeightBatchStride}, " +
                $"offset {args.Weight.Offset} and stride {args.Weight.Stride}.");
        }

        var words = WeightRowEncoder.Words((WeightEncoding)args.Encoding, args.K);
        ShapeCheck.AtMostIntMax(Name, "a row of weight", words);
        ShapeCheck.Rows(Name, "weight", args.Weight, args.N, (int)words);
    }

    /// <summary>The matrices of y must not overlap: one after the other, or side by side inside each row.</summary>
    private void CheckDisjoint(in MatMulArgs<TEpilogue> args)
    {
        long stride = args.YBatchStride;
        var afterEachOther = stride >= (args.Rows.Capacity - 1L) * args.Y.Stride + args.N;
        var sideBySide = stride >= args.N && args.Y.Stride >= (args.Batch - 1) * stride + args.N;
        if (args.Batch > 1 && args.Rows.Capacity > 0 && !afterEachOther && !sideBySide)
        {
            throw new ShapeException(
                $"{Name}: the {args.Batch} matrices of y overlap (batch stride {stride}, stride {args.Y.Stride}, " +
                $"{args.Rows.Capacity} rows of {args.N}).");
        }
    }
}
