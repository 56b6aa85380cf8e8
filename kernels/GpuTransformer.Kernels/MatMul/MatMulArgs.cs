using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What a matmul works on: y[b] = epilogue(x[b] · weight[b]ᵀ), for each of <see cref="Batch"/> matrices.
/// Weights are stored (N, K) as PyTorch's Linear stores them (NT); <see cref="WeightColumnStride"/> also allows (K, N).</summary>
/// <typeparam name="TEpilogue">What happens to a finished sum before it is stored.</typeparam>
public struct MatMulArgs<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>x, (M, K), columns adjacent.</summary>
    public RowView X;

    /// <summary>weight: element (n, k) is at <c>Offset + n * Stride + k * WeightColumnStride</c>. Not read by the CPU
    /// variant when <see cref="Panels"/> is set.</summary>
    public RowView Weight;

    /// <summary>Elements from k to k + 1 in the weight: 1 for (N, K); for a (K, N) matrix its row stride, with
    /// <see cref="Weight"/>.Stride 1.</summary>
    public int WeightColumnStride;

    /// <summary>y, (M, N), columns adjacent.</summary>
    public RowView Y;

    /// <summary>Columns of y.</summary>
    public int N;

    /// <summary>The length of each sum.</summary>
    public int K;

    /// <summary>M: rows of x and y in each matrix of the batch.</summary>
    public ActiveRows Rows;

    /// <summary>Matrices in the batch, at least 1.</summary>
    public int Batch;

    /// <summary>Elements from one x to the next.</summary>
    public int XBatchStride;

    /// <summary>Elements from one weight to the next; 0 shares one weight.</summary>
    public int WeightBatchStride;

    /// <summary>Elements from one y to the next.</summary>
    public int YBatchStride;

    /// <summary>Address of the weight packed for the CPU variant (<see cref="PackedMatrix"/>), 0 where there is none.</summary>
    public long Panels;

    /// <summary>How the weight's numbers are stored, one of <see cref="WeightEncoding"/>; other than F32 only in a
    /// <see cref="PackedMatrix"/>, where offset and stride count 32-bit words.</summary>
    public int Encoding;

    /// <summary>Sums of chunks; set by the launch of a variant that needs it.</summary>
    public ArrayView<float> Workspace;

    /// <summary>1: each group sums one chunk of k, and a second kernel merges them; set by the launch.</summary>
    public int IsSplit;

    /// <summary>What happens to each finished sum.</summary>
    public TEpilogue Epilogue;
}
