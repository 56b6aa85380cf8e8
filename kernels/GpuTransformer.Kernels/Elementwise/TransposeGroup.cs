using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Transpose through shared memory, so that reads and writes both run along rows.
/// Computes: y[b, j, i] = x[b, i, j]. Shapes: x (batch · rows, columns), y (batch · columns, rows).
/// Group: any size; a 32 x 32 tile, the grid counts tiles in x. Shared: [32][33], the odd stride against bank conflicts.
/// Barriers: one, between writing and reading the tile. Edges: elements beyond the matrix are neither read nor written.
/// Cost: 8 bytes an element.</summary>
internal static class TransposeGroup
{
    public const int TileShift = 5;
    public const int MostThreads = 256;
    private const int Tile = 1 << TileShift;
    private const int Stride = Tile + 1;

    public static void Kernel(TransposeArgs args)
    {
        var tilesDown = ((args.Rows - 1) >> TileShift) + 1;
        var tilesAcross = ((args.Columns - 1) >> TileShift) + 1;
        var line = Grid.IdxX / tilesAcross;
        var firstColumn = (Grid.IdxX - line * tilesAcross) << TileShift;
        var batch = line / tilesDown;
        var firstRow = (line - batch * tilesDown) << TileShift;
        var shared = SharedMemory.Allocate<float>(Tile * Stride);
        for (var i = Group.IdxX; i < Tile * Tile; i += Group.DimX)
        {
            var row = firstRow + (i >> TileShift);
            var column = firstColumn + (i & (Tile - 1));
            if (row < args.Rows && column < args.Columns)
            {
                shared[(i >> TileShift) * Stride + (i & (Tile - 1))] = args.X[batch * args.Rows + row, column];
            }
        }

        Group.Barrier();
        for (var i = Group.IdxX; i < Tile * Tile; i += Group.DimX)
        {
            var row = firstRow + (i & (Tile - 1));
            var column = firstColumn + (i >> TileShift);
            if (row < args.Rows && column < args.Columns)
            {
                args.Y[batch * args.Columns + column, row] = shared[(i & (Tile - 1)) * Stride + (i >> TileShift)];
            }
        }
    }
}
