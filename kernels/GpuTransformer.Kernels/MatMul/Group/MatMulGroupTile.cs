using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Matmul by tiles in shared memory and sums in registers.
/// Computes: y[b] = epilogue(x[b] · weight[b]ᵀ).
/// Shapes: x (M, K), weight (N, K) or by column stride (K, N), in any encoding, y (M, N), each in a batch.
/// Group: one tile of one y; eight rows of tiles are walked together, so that groups running together share panels in the
/// cache. A warp owns 32 rows and 64 columns (32 of the small tile), a lane 8 x 8 (8 x 4) of them: rows 4 and 4, columns 4
/// and 4, 16 rows and 32 columns apart. With IsSplit a group sums one chunk of k and leaves it to MatMulMerge; else it
/// walks all of k, and a grid smaller than the tiles makes each group take several.
/// Shared: two buffers of the panels x [TileK][rows + 4] and weight [TileK][columns + 4], at a distance of a power of two;
/// 24.8 KB for the 128 tile, 12.5 KB for the 64 tile.
/// Banks: a lane's four stores transpose one quad of k. Lanes 2i and 2i + 1 write row i, k 0 to 3 and 4 to 7: word
/// (4 q + j)(rows + 4) + i, and 4 · 132 = 528 and 4 · 68 = 272 are both 16 mod 32, so rows 0 to 15 of q = 0 and of q = 1
/// fall into the two halves of the 32 banks. Loads of 128 bits: half a warp reads 8 quads of weight side by side, 128
/// bytes in all banks, each by two lanes, and 2 quads of x, each by eight: no conflict, and 4 loads for 64 multiply-adds.
/// Barriers: one a panel; while one buffer is multiplied the next is read from global memory into registers.
/// Numerics: float32, chunks of k as in MatMulOrder. Totals of the 64 tile are in registers, 32 beside 32 sums; those of
/// the 128 tile in the workspace, 64 KB a group, which 264 groups leave in the second-level cache. Every tile, split,
/// skinny and naive give the same bits.
/// Edges: rows and columns beyond the matrix read its last and are not stored; whole panels are read without a test, the
/// ragged last one element by element and multiplied in as many steps as it has. Groups past the rows in use do nothing.
/// Cost: 2 M N K flops; x is read N / columns times and the weight M / rows times, mostly from the cache.
/// Limit: the multiply-adds. ptxas 11.8 for sm_80 makes 577 instructions of a 128 tile's panel, 512 of them FFMA (88.7 %)
/// at 164 registers, so one group of 8 warps a multiprocessor; of a 64 tile's 314, 256 (81.5 %), four groups.</summary>
internal static class MatMulGroupTile<TTile, TTotals, TAccess, TWeight, TStore, TEpilogue>
    where TTile : struct, IMatMulTile<TTile>
    where TTotals : struct, IMatMulTotals<TTile>
    where TAccess : struct, IQuadAccess
    where TWeight : struct, IMatMulWeight
    where TStore : struct, IQuadEpilogue<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>From one step of k to the next in a panel, in quads.</summary>
    private static int StrideX => ((1 << TTile.RowShift) + 4) >> 2;

    private static int StrideWeight => ((1 << TTile.ColumnShift) + 4) >> 2;

    /// <summary>The panel of x, which stands before that of the weight.</summary>
    private static int PanelX => TTile.TileK * StrideX;

    public static void Kernel(MatMulArgs<TEpilogue> args)
    {
        var rows = args.Rows.Count;
        var shared = SharedMemory.Allocate<Float4>(TTile.BufferQuads + TTile.TileK * (StrideX + StrideWeight));
        var sharedPlace = SharedMemory.Allocate<int>(4);
        var tiles = args.Batch * MatMulPlace.Tiles(args.Rows.Capacity, args.N, TTile.RowShift, TTile.ColumnShift);
        var items = args.IsSplit == 0 ? tiles : tiles * MatMulOrder.Chunks(args.K);
        for (var item = Grid.IdxX; item < items; item += Grid.DimX)
        {
            var chunk = item / tiles;
            var place = MatMulPlace.Of(
                item - chunk * tiles, args.Rows.Capacity, args.N, TTile.RowShift, TTile.ColumnShift);
            if (place.FirstRow < rows)
            {
                var sums = default(TTile);
                var totals = default(TTotals);

                // Read again after the barriers below: registers for these over the whole loop would be too many.
                if (Group.IdxX == 0)
                {
                    sharedPlace[0] = place.Batch;
                    sharedPlace[1] = place.FirstRow;
                    sharedPlace[2] = place.FirstColumn;
                    sharedPlace[3] = chunk;
                }

                Multiply(args, place, rows, chunk, shared, ref sums, ref totals);
                place.Batch = sharedPlace[0];
                place.FirstRow = sharedPlace[1];
                place.FirstColumn = sharedPlace[2];
                Store(args, sums, totals, place, sharedPlace[3]);
            }

            // The next tile writes where the slower threads still read.
            Group.Barrier();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(
        MatMulArgs<TEpilogue> args,
        MatMulPlace place,
        int rows,
        int chunk,
        ArrayView<Float4> shared,
        ref TTile sums,
        ref TTotals totals)
    {
        var thread = Group.IdxX;
        var rowX = thread >> TTile.QuadShift;
        var quadX = thread & ((1 << TTile.QuadShift) - 1);
        var x = args.X.Offset + place.Batch * args.XBatchStride + (quadX << 2)
            + Least(place.FirstRow + rowX, rows - 1) * args.X.Stride;

        // Neighbours read neighbouring addresses: along k for (N, K), along n for (K, N).
        var alongK = TWeight.NeedsAlignment || args.WeightColumnStride == 1;
        var rowWeight = alongK ? rowX : thread & ((1 << TTile.ColumnShift) - 1);
        var quadWeight = alongK ? quadX : thread >> TTile.ColumnShift;
        var weight = args.Weight.Offset + place.Batch * args.WeightBatchStride
            + Least(place.FirstColumn + rowWeight, args.N - 1) * args.Weight.Stride;
        weight = TWeight.Start(weight, quadWeight, args.WeightColumnStride);

        // The two buffers differ in one bit of these.
        var putX = (quadX << 4) * StrideX + rowX;
        var putWeight = (quadWeight << 4) * StrideWeight + rowWeight;
        var getX = TTile.RowQuad(thread);
        var getWeight = PanelX + TTile.ColumnQuad(thread);
        var k = args.IsSplit == 0 ? 0 : chunk << MatMulOrder.ChunkShift;
        var endK = args.IsSplit == 0 ? args.K : Least(args.K, k + MatMulOrder.Chunk);
        var whole = endK & -TTile.TileK;
        if (k < whole)
        {
            Put(shared, putX, StrideX, TAccess.Load(args.X.Data, x + k, 1));
            Put(shared, PlaceOfWeight(putX, putWeight), StrideWeight, ReadWeight(args, weight, k, quadWeight));
            Group.Barrier();
        }

        while (true)
        {
            var end = Least((k | (MatMulOrder.Chunk - 1)) + 1, whole);
            while (k < end)
            {
                // The panel after the last is read again and not used.
                k += TTile.TileK;
                var next = Least(k, whole - TTile.TileK);
                var regX = TAccess.Load(args.X.Data, x + next, 1);
                var regWeight = ReadWeight(args, weight, next, quadWeight);
                sums.MultiplyAdd(shared.SubView(getX), shared.SubView(getWeight));
                getX ^= TTile.BufferQuads;
                getWeight ^= TTile.BufferQuads;
                putX ^= TTile.BufferQuads << 2;
                putWeight ^= TTile.BufferQuads << 2;
                Put(shared, putX, StrideX, regX);
                Put(shared, PlaceOfWeight(putX, putWeight), StrideWeight, regWeight);
                Group.Barrier();
            }

            if (k == endK)
            {
                break;
            }

            if (args.IsSplit == 0 && k > 0 && (k & (MatMulOrder.Chunk - 1)) == 0)
            {
                totals.Take(sums, PlaceOfTotals(args), k == MatMulOrder.Chunk);
                sums = default;
            }

            if (k == whole)
            {
                Put(shared, putX, StrideX, FloatCell.EdgeQuad(args.X.Data, x + k, endK - k - (quadX << 2), 1));
                Put(shared, PlaceOfWeight(putX, putWeight), StrideWeight, TWeight.IsPadded
                    ? ReadWeight(args, weight, k, quadWeight)
                    : FloatCell.EdgeQuad(
                        args.Weight.Data,
                        weight + k * args.WeightColumnStride,
                        endK - k - (quadWeight << 2),
                        args.WeightColumnStride));
                Group.Barrier();
                for (var step = 0; step < endK - k; step++)
                {
                    sums.Step(shared.SubView(getX), shared.SubView(getWeight), step);
                }

                break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 ReadWeight(MatMulArgs<TEpilogue> args, int weight, int k, int quad) =>
        TWeight.Quad(args.Weight.Data, weight, k, quad, args.WeightColumnStride);

    /// <summary>Where the quad of weight goes: both panels are alike where their rows run along k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PlaceOfWeight(int putX, int putWeight) =>
        (PanelX << 2) + (TWeight.NeedsAlignment && StrideX == StrideWeight ? putX : putWeight);

    /// <summary>The thread's part of the workspace of a group that walks all of k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ArrayView<Float4> PlaceOfTotals(MatMulArgs<TEpilogue> args) =>
        args.Workspace.Cast<Float4>().SubView(
            TTotals.NeedsWorkspace ? Grid.IdxX * (TTile.Threads * TTile.Quads) + Group.IdxX : 0);

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
    private static void Store(MatMulArgs<TEpilogue> args, TTile sums, TTotals totals, MatMulPlace place, int chunk)
    {
        var firstRow = place.FirstRow + (TTile.RowQuad(Group.IdxX) << 2);
        var firstColumn = place.FirstColumn + (TTile.ColumnQuad(Group.IdxX) << 2);
        // Read again: a register for it over the whole loop would be one too many.
        var rows = args.Rows.Count;
        var hasTotals = args.IsSplit == 0 && args.K > MatMulOrder.Chunk;

        // Rolled: the epilogue may be long, and unrolled it would be in the code up to 16 times over.
        for (var quad = 0; quad < TTile.Quads; quad++)
        {
            var row = firstRow + TTile.RowOf(quad);
            var column = firstColumn + TTile.ColumnOf(quad);
            if (row < rows && column < args.N)
            {
                var sum = sums.Sums(quad);
                if (hasTotals)
                {
                    Float4.Add(ref sum, totals.Taken(PlaceOfTotals(args), quad));
                }

                MatMulStore.Quad<TAccess, TStore, TEpilogue>(args, sum, place.Batch, row, column, chunk);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Least(int a, int b) => a < b ? a : b;
}
