namespace GpuTransformer.Kernels;

/// <summary>The geometry of a flash-attention group, compiled in. Threads stand in a rectangle: those below each other share
/// columns (keys, then dimensions of the output), those side by side share query rows. A thread holds 4 rows by up to 16
/// columns or 8 rows by 8, so that one 128-bit load from shared memory feeds up to 16 multiply-adds.</summary>
internal interface IAttentionTile
{
    /// <summary>Threads side by side: 4, 8 or 16. A tile of 64 keys gives each 16, 8 or 4 of them.</summary>
    static abstract int ColumnThreads { get; }

    /// <summary>log2 of <see cref="ColumnThreads"/>.</summary>
    static abstract int ColumnShift { get; }

    /// <summary>Threads below each other, a power of two.</summary>
    static abstract int RowThreads { get; }

    /// <summary>Fours of query rows that a thread holds: 1 with four fours of output dimensions, 2 with two.</summary>
    static abstract int RowQuads { get; }

    /// <summary>log2 of the query rows, 4 · RowThreads · RowQuads.</summary>
    static abstract int RowShift { get; }

    /// <summary>log2 of the values that are in shared memory at a time.</summary>
    static abstract int StageShift { get; }
}

/// <summary>What follows from a tile's geometry. "Fours" are units of 16 bytes.</summary>
internal static class AttentionLayout<TTile>
    where TTile : struct, IAttentionTile
{
    /// <summary>Dimensions of queries and keys that are in shared memory at a time.</summary>
    public const int StageDims = 32;

    /// <summary>Fours of a tile's keys.</summary>
    public const int KeyFours = AttentionKeys.Tile / 4;

    public static int Threads => TTile.ColumnThreads * TTile.RowThreads;

    /// <summary>Query rows of a group.</summary>
    public static int Rows => 4 * TTile.RowThreads * TTile.RowQuads;

    /// <summary>Fours from one dimension of the queries, or one key of the weights, to the next.</summary>
    public static int RowFours => TTile.RowThreads * TTile.RowQuads;

    /// <summary>What the fours of rows are mixed with, by key or dimension, so that a warp that writes one row of many
    /// keys meets different banks.</summary>
    public static int SwizzleMask => TTile.RowThreads > 8 ? 7 : TTile.RowThreads - 1;

    /// <summary>Fours of keys that a thread holds: 1, 2 or 4.</summary>
    public static int ThreadKeyFours => KeyFours >> TTile.ColumnShift;

    /// <summary>log2 of the fours from one staged value to the next.</summary>
    public static int ValueShift => TTile.ColumnShift + (TTile.RowQuads == 2 ? 1 : 2);

    /// <summary>Fours from one staged value to the next.</summary>
    public static int ValueFours => 1 << ValueShift;

    /// <summary>Output dimensions of a group; a wider head takes more groups, each of which computes the scores.</summary>
    public static int OutputDims => 4 * ValueFours;

    /// <summary>Values that are in shared memory at a time.</summary>
    public static int StageValues => 1 << TTile.StageShift;

    /// <summary>Fours from one thread's figures of the rows to the next's; odd, so that columns lie in different banks.</summary>
    public static int PartStride => RowFours + 1;

    /// <summary>Fours of the staged queries.</summary>
    public static int QueryFours => StageDims * RowFours;

    /// <summary>Fours for queries and keys, and after them for the weights of the same tile.</summary>
    public static int WorkFours =>
        QueryFours + StageDims * KeyFours > AttentionKeys.Tile * RowFours
            ? QueryFours + StageDims * KeyFours
            : AttentionKeys.Tile * RowFours;

    /// <summary>Bytes of shared memory, all arrays together.</summary>
    public static int SharedBytes =>
        16 * (WorkFours + StageValues * ValueFours + (TTile.ColumnThreads + KeyFours) * PartStride)
        + 4 * (7 * Rows + 4 * AttentionShared.Folds);
}

/// <summary>The unit of every GPU variant's order: 64 slots at an absolute place, computed from scratch.</summary>
internal static class AttentionKeys
{
    public const int TileShift = 6;

    public const int Tile = 1 << TileShift;
}

/// <summary>16 threads for 16 rows, 64 dimensions: the smallest group there is, ILGPU's default CPU device.</summary>
internal struct AttentionTileSmall : IAttentionTile
{
    public static int ColumnThreads => 4;
    public static int ColumnShift => 2;
    public static int RowThreads => 4;
    public static int RowQuads => 1;
    public static int RowShift => 4;
    public static int StageShift => 4;
}

/// <summary>128 threads for 32 rows of heads up to 256.</summary>
internal struct AttentionTile32x256 : IAttentionTile
{
    public static int ColumnThreads => 16;
    public static int ColumnShift => 4;
    public static int RowThreads => 8;
    public static int RowQuads => 1;
    public static int RowShift => 5;
    public static int StageShift => 3;
}

/// <summary>128 threads for 64 rows of heads up to 128.</summary>
internal struct AttentionTile64x128 : IAttentionTile
{
    public static int ColumnThreads => 16;
    public static int ColumnShift => 4;
    public static int RowThreads => 8;
    public static int RowQuads => 2;
    public static int RowShift => 6;
    public static int StageShift => 4;
}

/// <summary>64 threads for 64 rows of heads up to 64.</summary>
internal struct AttentionTile64x64 : IAttentionTile
{
    public static int ColumnThreads => 8;
    public static int ColumnShift => 3;
    public static int RowThreads => 8;
    public static int RowQuads => 2;
    public static int RowShift => 6;
    public static int StageShift => 5;
}
