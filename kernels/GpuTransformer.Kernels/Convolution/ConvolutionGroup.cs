using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>A convolution as an implicit matmul: the rows that positions see exist only as panels in shared memory.</summary>
internal static class ConvolutionGroup<TTile, TPixels, TWeight>
    where TTile : struct, IMatMulTile<TTile>
    where TPixels : struct, IConvolutionPixels
    where TWeight : struct, IMatMulWeight
{
    /// <summary>From one step of k to the next in a panel, in quads.</summary>
    private static int StrideX => ((1 << TTile.RowShift) + 4) >> 2;

    private static int StrideWeight => ((1 << TTile.ColumnShift) + 4) >> 2;

    /// <summary>The panel of pixels, which stands before that of the weight.</summary>
    private static int PanelX => TTile.TileK * StrideX;

    /// <remarks>
    /// Computes: y[r, n] = epilogue(the sum over k = (ky, kx, c) of x at that tap · weight[n, k]).
    /// Shapes: x by the image's strides, weight (N, K), y (positions, N).
    /// Group: TTile.Threads; a tile of y, and of a split one chunk of k; thread t loads a quad of one row of each panel.
    /// Shared: two buffers of panels [TileK][rows + 4] and [TileK][columns + 4], transposed as they are stored.
    /// Barriers: one a panel: what was loaded is stored before it, and the other buffer read after it.
    /// Numerics: one accumulator an output and chunk, k ascending, chunks added in ascending order
    /// (<see cref="MatMulOrder"/>): the bits of a matmul over those rows.
    /// Edges: taps outside the image and past the row are zeros in the panel; rows past the last read the last.
    /// Cost: 2 positions · N · K flops; the rows are neither written nor read, 8 bytes · K a position less than
    /// with them. A panel costs a thread about 15 instructions to find its quad, beside TileK · 32 multiply-adds.
    /// </remarks>
    public static void Kernel(ConvolutionArgs args)
    {
        var rows = args.Product.Rows.Count;
        var tiles = MatMulPlace.Tiles(args.Product.Rows.Capacity, args.Product.N, TTile.RowShift, TTile.ColumnShift);
        var chunk = Grid.IdxX / tiles;
        var place = MatMulPlace.Of(
            Grid.IdxX - chunk * tiles, args.Product.Rows.Capacity, args.Product.N, TTile.RowShift, TTile.ColumnShift);
        if (place.FirstRow >= rows)
        {
            return;
        }

        var shared = SharedMemory.Allocate<Float4>(TTile.BufferQuads + TTile.TileK * (StrideX + StrideWeight));
        var sums = default(TTile);
        var totals = default(TTile);
        Multiply(args, place, rows, chunk, shared, ref sums, ref totals);
        Store(args, sums, totals, place, rows, chunk);
        GroupEnd.Join();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(
        ConvolutionArgs args, MatMulPlace place, int rows, int chunk, ArrayView<Float4> shared, ref TTile sums, ref TTile totals)
    {
        var thread = Group.IdxX;
        var row = thread >> TTile.QuadShift;
        var quad = thread & ((1 << TTile.QuadShift) - 1);
        var k = args.Product.IsSplit == 0 ? 0 : chunk << MatMulOrder.ChunkShift;
        var endK = args.Product.IsSplit == 0 ? args.Product.K : Least(args.Product.K, k + MatMulOrder.Chunk);
        var whole = endK & -TTile.TileK;
        var pixels = default(TPixels);
        pixels.Begin(args, Least(place.FirstRow + row, rows - 1), k + (quad << 2));
        var weight = TWeight.Start(
            args.Product.Weight.Offset + Least(place.FirstColumn + row, args.Product.N - 1) * args.Product.Weight.Stride, quad, 1);

        // The two buffers differ in one bit of these.
        var putX = (quad << 4) * StrideX + row;
        var putWeight = (PanelX << 2) + (quad << 4) * StrideWeight + row;
        var getX = TTile.RowQuad(thread);
        var getWeight = PanelX + TTile.ColumnQuad(thread);
        if (k < whole)
        {
            Put(shared, putX, StrideX, pixels.Next(args, TTile.TileK));
            Put(shared, putWeight, StrideWeight, TWeight.Quad(args.Product.Weight.Data, weight, k, quad, 1));
            Group.Barrier();
        }

        while (k < whole)
        {
            // The panel after the last is read again (the weight) or past its end (zeros) and not used.
            k += TTile.TileK;
            var regX = k < whole ? pixels.Next(args, TTile.TileK) : default;
            var regWeight = TWeight.Quad(args.Product.Weight.Data, weight, Least(k, whole - TTile.TileK), quad, 1);
            sums.MultiplyAdd(shared.SubView(getX), shared.SubView(getWeight));
            getX ^= TTile.BufferQuads;
            getWeight ^= TTile.BufferQuads;
            putX ^= TTile.BufferQuads << 2;
            putWeight ^= TTile.BufferQuads << 2;
            Put(shared, putX, StrideX, regX);
            Put(shared, putWeight, StrideWeight, regWeight);
            Group.Barrier();
            if (k < endK && (k & (MatMulOrder.Chunk - 1)) == 0)
            {
                totals.Add(sums);
                sums = default;
            }
        }

        if (whole < endK)
        {
            Put(shared, putX, StrideX, pixels.Next(args, TTile.TileK));
            Put(shared, putWeight, StrideWeight, FloatCell.EdgeQuad(
                args.Product.Weight.Data, weight + whole, endK - whole - (quad << 2), 1));
            Group.Barrier();
            for (var step = 0; step < endK - whole; step++)
            {
                sums.Step(shared.SubView(getX), shared.SubView(getWeight), step);
            }
        }
    }

    /// <summary>Writes four steps of k of one row into a panel, transposed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(ArrayView<Float4> shared, int place, int stride, Float4 value)
    {
        var panel = shared.Cast<float>().SubView(place);
        panel[0] = value.X;
        panel[stride << 2] = value.Y;
        panel[stride << 3] = value.Z;
        panel[3 * (stride << 2)] = value.W;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ConvolutionArgs args, TTile sums, TTile totals, MatMulPlace place, int rows, int chunk)
    {
        var firstRow = place.FirstRow + (TTile.RowQuad(Group.IdxX) << 2);
        var firstColumn = place.FirstColumn + (TTile.ColumnQuad(Group.IdxX) << 2);

        // Rolled: the epilogue is long.
        for (var quad = 0; quad < TTile.Quads; quad++)
        {
            var row = firstRow + TTile.RowOf(quad);
            var column = firstColumn + TTile.ColumnOf(quad);
            if (row < rows && column < args.Product.N)
            {
                var sum = totals.Sums(quad);
                Float4.Add(ref sum, sums.Sums(quad));
                MatMulStore.Quad<ScalarAccess, StandardQuadEpilogue, StandardEpilogue>(args.Product, sum, 0, row, column, chunk);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Least(int a, int b) => a < b ? a : b;
}

/// <summary>The second kernel of a convolution that was split along k: matmul's.</summary>
internal static class ConvolutionMerge
{
    public static void Kernel(ConvolutionArgs args) =>
        MatMulMerge<StandardQuadEpilogue, StandardEpilogue>.Kernel(args.Product);
}
