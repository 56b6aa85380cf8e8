namespace TileGenerator;

/// <summary>A tile of a matmul that a group owns, and how its threads share it. Sums come in quads: four columns of one row.</summary>
/// <param name="Name">The struct.</param>
/// <param name="Depth">Steps of k in shared memory at a time.</param>
/// <param name="LaneRows">Lanes of a warp over the rows; each takes four adjacent rows at a time.</param>
/// <param name="LaneColumns">Lanes of a warp over the columns; each takes four adjacent columns at a time.</param>
/// <param name="RowQuads">How often a lane takes four rows, LaneRows quads apart.</param>
/// <param name="ColumnQuads">How often a lane takes four columns, LaneColumns quads apart.</param>
/// <param name="WarpRows">Warps over the rows.</param>
/// <param name="WarpColumns">Warps over the columns.</param>
/// <param name="Purpose">What the tile is for, the end of its summary.</param>
public sealed record TileShape(
    string Name,
    int Depth,
    int LaneRows,
    int LaneColumns,
    int RowQuads,
    int ColumnQuads,
    int WarpRows,
    int WarpColumns,
    string Purpose)
{
    /// <summary>The tiles of the kernel library.</summary>
    public static IReadOnlyList<TileShape> All { get; } =
    [
        new("MatMulTile128", 8, 4, 8, 2, 2, 4, 2, "4 reads of shared memory for 64 multiply-adds"),
        new("MatMulTile64", 8, 4, 8, 2, 1, 2, 2, "four times the groups of the larger tile, for shapes that would leave\n/// multiprocessors without work"),
        new("MatMulTile16", 4, 4, 4, 1, 1, 1, 1, "for devices whose groups are small"),
    ];

    public string FileName => $"{Name}.g.cs";

    public int Rows => 4 * LaneRows * RowQuads * WarpRows;

    public int Columns => 4 * LaneColumns * ColumnQuads * WarpColumns;

    public int Threads => LaneRows * LaneColumns * WarpRows * WarpColumns;

    /// <summary>A power of two that holds both panels, so that one bit of an address tells the two buffers apart.</summary>
    public int BufferQuads => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(Depth * (Rows + Columns + 8) / 4));

    public int ThreadRows => 4 * RowQuads;
}
