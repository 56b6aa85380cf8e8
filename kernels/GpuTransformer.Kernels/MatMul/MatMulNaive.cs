using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Matmul with one thread an output.
/// Computes: y[b] = epilogue(x[b] · weight[b]ᵀ).
/// Shapes: x (M, K), weight (N, K) or by column stride (K, N), y (M, N), each in a batch.
/// Group: any size; thread i of the grid owns column i mod N of row i / N, rows counted through the batch.
/// Numerics: one float32 accumulator a chunk of k, chunks added in ascending order (MatMulOrder).
/// Cost: 2 M N K flops; every output reads a row of x and of the weight.</summary>
internal static class MatMulNaive<TWeight, TEpilogue>
    where TWeight : struct, IMatMulWeight
    where TEpilogue : struct, IEpilogue
{
    public static void Kernel(MatMulArgs<TEpilogue> args)
    {
        var index = Grid.IdxX * Group.DimX + Group.IdxX;
        var epilogueRow = index / args.N;
        var column = index - epilogueRow * args.N;
        var batch = epilogueRow / args.Rows.Capacity;
        var row = epilogueRow - batch * args.Rows.Capacity;
        if (batch >= args.Batch || row >= args.Rows.Count)
        {
            return;
        }

        var x = args.X.Offset + batch * args.XBatchStride + row * args.X.Stride;
        var weight = args.Weight.Offset + batch * args.WeightBatchStride + column * args.Weight.Stride;
        var total = 0f;
        for (var firstK = 0; firstK < args.K; firstK += MatMulOrder.Chunk)
        {
            var endK = firstK + MatMulOrder.Chunk;
            endK = endK < args.K ? endK : args.K;
            var sum = 0f;
            for (var k = firstK; k < endK; k++)
            {
                sum += args.X.Data[x + k] * TWeight.Element(args.Weight.Data, weight, k, args.WeightColumnStride);
            }

            total += sum;
        }

        args.Y.Data[args.Y.Offset + batch * args.YBatchStride + row * args.Y.Stride + column] =
            args.Epilogue.Apply(total, epilogueRow, column);
    }
}
