using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Matmul by tiles in shared memory and sums in registers.
/// Computes: y[b] = epilogue(x[b] · weight[b]ᵀ).
/// Shapes: x (M, K), weight (N, K) or by column stride (K, N), y (M, N), each in a batch.
/// Group: one Tile x Tile of one y; the grid counts tiles in x, eight rows of tiles at a time so that groups running
/// together share panels in the cache. Each thread owns 8 x 8, 8 x 4 or 4 x 4 sums.
/// Shared: two buffers of two panels [TileK][Tile + 4], 16.5 KB for the 128 tile.
/// Barriers: one a TileK; while one buffer is multiplied the next is read from global memory into registers.
/// Numerics: one float32 accumulator an output, k ascending; what a tile adds beyond K is 0 · 0. Every tile size, the
/// skinny and the naive variant therefore give the same bits.
/// Edges: rows and columns beyond the matrix read the last one and are not stored; the last TileK is read element by
/// element. Groups past the rows in use leave at once.
/// Cost: 2 M N K flops; x is read N / Tile times and the weight M / Tile times, mostly from the cache.</summary>
internal static class MatMulGroupTile<TTile, TAccess, TEpilogue>
    where TTile : struct, IMatMulTile
    where TAccess : struct, IQuadAccess
    where TEpilogue : struct, IEpilogue
{
    public static void Kernel(MatMulArgs<TEpilogue> args)
    {
        var rows = args.Rows.Count;
        var place = MatMulPlace.Of(args.Rows.Capacity, args.N, TTile.TileShift);
        if (place.FirstRow >= rows)
        {
            return;
        }

        var thread = Group.IdxX;
        var rowX = thread >> TTile.QuadShift;
        var quadX = thread & ((1 << TTile.QuadShift) - 1);
        var x = new QuadReader(
            args.X.Data,
            args.X.Offset + place.Batch * args.XBatchStride + Least(place.FirstRow + rowX, rows - 1) * args.X.Stride,
            1,
            quadX);

        // Neighbours read neighbouring addresses: along k for (N, K), along n for (K, N).
        var alongK = args.WeightColumnStride == 1;
        var rowWeight = alongK ? rowX : thread & (TTile.Tile - 1);
        var quadWeight = alongK ? quadX : thread >> TTile.TileShift;
        var weight = new QuadReader(
            args.Weight.Data,
            args.Weight.Offset + place.Batch * args.WeightBatchStride
                + Least(place.FirstColumn + rowWeight, args.N - 1) * args.Weight.Stride,
            args.WeightColumnStride,
            quadWeight);

        var sharedX = SharedMemory.Allocate<Float4>(2 * TTile.PanelQuads);
        var sharedWeight = SharedMemory.Allocate<Float4>(2 * TTile.PanelQuads);
        var tx = thread & ((1 << TTile.ThreadShift) - 1);
        var ty = thread >> TTile.ThreadShift;
        var sums = default(TTile);
        var buffer = 0;
        var regX = x.Read<TAccess>(0, TTile.TileK, args.K);
        var regWeight = weight.Read<TAccess>(0, TTile.TileK, args.K);
        Put(sharedX, 0, rowX, quadX, regX);
        Put(sharedWeight, 0, rowWeight, quadWeight, regWeight);
        Group.Barrier();

        for (var k = TTile.TileK; ; k += TTile.TileK)
        {
            var more = k < args.K;
            if (more)
            {
                regX = x.Read<TAccess>(k, TTile.TileK, args.K);
                regWeight = weight.Read<TAccess>(k, TTile.TileK, args.K);
            }

            sums.MultiplyAdd(sharedX.SubView(buffer + ty), sharedWeight.SubView(buffer + tx));
            if (!more)
            {
                break;
            }

            buffer = TTile.PanelQuads - buffer;
            Put(sharedX, buffer, rowX, quadX, regX);
            Put(sharedWeight, buffer, rowWeight, quadWeight, regWeight);
            Group.Barrier();
        }

        Store(args, sums, place, rows, tx, ty);
    }

    /// <summary>Writes four steps of k of one row into a panel, transposed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(ArrayView<Float4> shared, int buffer, int row, int quad, Float4 value)
    {
        var panel = shared.Cast<float>().SubView(
            (buffer << 2) + (quad << 2) * (TTile.Tile + 4) + row);
        panel[0] = value.X;
        panel[TTile.Tile + 4] = value.Y;
        panel[2 * (TTile.Tile + 4)] = value.Z;
        panel[3 * (TTile.Tile + 4)] = value.W;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(MatMulArgs<TEpilogue> args, TTile sums, MatMulPlace place, int rows, int tx, int ty)
    {
        // Rolled: the epilogue may be long, and unrolled it would be in the code 16 times over.
        for (var quad = 0; quad < TTile.Quads; quad++)
        {
            var row = place.FirstRow + TTile.RowOf(ty, quad);
            var column = place.FirstColumn + TTile.ColumnOf(tx, quad);
            if (row < rows && column < args.N)
            {
                MatMulStore.Quad<TAccess, TEpilogue>(args, sums.Sums(quad), place.Batch, row, column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Least(int a, int b) => a < b ? a : b;
}
