using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>A convolution with one thread an output.</summary>
internal static class ConvolutionNaive
{
    /// <remarks>
    /// Computes: y[r, n] = epilogue(the sum over (ky, kx, c) of x at that tap · weight[n, (ky, kx, c)]).
    /// Shapes: x by the image's strides, weight (N, K), y (positions, N).
    /// Group: any size; thread i of the grid owns column i mod N of position i / N. Shared: none. Barriers: none.
    /// Numerics: one float32 accumulator a chunk of k, chunks added in ascending order (<see cref="MatMulOrder"/>).
    /// Edges: a tap outside the image is 0 · weight. Cost: 2 positions · N · K flops; each output reads its taps and a row
    /// of the weight.
    /// </remarks>
    public static void Kernel(ConvolutionArgs args)
    {
        var index = Grid.IdxX * Group.DimX + Group.IdxX;
        var row = index / args.Product.N;
        var column = index - row * args.Product.N;
        if (index < 0 || row >= args.Product.Rows.Count)
        {
            return;
        }

        var weight = args.Product.Weight.Offset + column * args.Product.Weight.Stride;
        var pixels = default(ConvolutionElements);
        pixels.Begin(args, row, 0);
        var total = 0f;
        for (var firstK = 0; firstK < args.Product.K; firstK += MatMulOrder.Chunk)
        {
            var endK = firstK + MatMulOrder.Chunk < args.Product.K ? firstK + MatMulOrder.Chunk : args.Product.K;
            var sum = 0f;
            for (var k = firstK; k < endK; k++)
            {
                sum += pixels.One(args) * args.Product.Weight.Data[weight + k];
            }

            total += sum;
        }

        args.Product.Y[row, column] = args.Product.Epilogue.Apply(total, row, column);
    }
}
