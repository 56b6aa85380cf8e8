namespace GpuTransformer.Kernels;

/// <summary>The geometry of a flash-attention group, compiled in. Threads stand in a rectangle: columns side by side hold
/// four keys (or four dimensions of the output) each, rows hold four query rows, once or twice.</summary>
internal interface IAttentionTile
{
    /// <summary>Threads side by side, a power of two of at least 4; four times as many keys are a tile.</summary>
    static abstract int ColumnThreads { get; }

    /// <summary>log2 of <see cref="ColumnThreads"/>.</summary>
    static abstract int ColumnShift { get; }

    /// <summary>Threads below each other, a power of two.</summary>
    static abstract int RowThreads { get; }

    /// <summary>log2 of the query rows, 4 · RowThreads · RowQuads.</summary>
    static abstract int RowShift { get; }

    /// <summary>Fours of query rows that a thread holds: 1 or 2.</summary>
    static abstract int RowQuads { get; }

    /// <summary>log2 of the fours of output dimensions that a thread holds: 0, 1 or 2; 0 where RowQuads is 2.</summary>
    static abstract int PanelShift { get; }

    /// <summary>The widest head that the query tile in shared memory holds, a multiple of 4.</summary>
    static abstract int MaxHeadDim { get; }

    /// <summary>Fours of keys or values that are in shared memory at a time.</summary>
    static abstract int StageFours { get; }
}

/// <summary>What follows from a tile's geometry.</summary>
internal static class AttentionLayout<TTile>
    where TTile : struct, IAttentionTile
{
    public static int Threads => TTile.ColumnThreads * TTile.RowThreads;

    /// <summary>Query rows of a group.</summary>
    public static int Rows => TTile.RowThreads * 4 * TTile.RowQuads;

    /// <summary>Keys of a tile, a multiple of the page.</summary>
    public static int Keys => TTile.ColumnThreads * 4;

    public static int KeyShift => TTile.ColumnShift + 2;

    /// <summary>Pages of a tile.</summary>
    public static int Pages => TTile.ColumnThreads >> 2;

    /// <summary>Output dimensions of a group; a wider head takes more groups, each of which computes the scores.</summary>
    public static int OutputDims => TTile.ColumnThreads << (2 + TTile.PanelShift);

    /// <summary>Fours from one query row to the next in shared memory; the odd four keeps rows in different banks.</summary>
    public static int QueryStride => (TTile.MaxHeadDim >> 2) + 1;

    /// <summary>Fours from one row of weights to the next in shared memory.</summary>
    public static int WeightStride => TTile.ColumnThreads + 1;

    /// <summary>Fours from one staged value to the next.</summary>
    public static int ValueStride => TTile.ColumnThreads << TTile.PanelShift;

    /// <summary>Key dimensions that are in shared memory at a time.</summary>
    public static int StageDims => TTile.StageFours >> TTile.ColumnShift;

    /// <summary>Values that are in shared memory at a time.</summary>
    public static int StageValues => TTile.StageFours >> (TTile.ColumnShift + TTile.PanelShift);

    /// <summary>Bytes of shared memory, all arrays together.</summary>
    public static int SharedBytes =>
        16 * (Rows * (QueryStride + WeightStride) + TTile.StageFours) + 4 * Rows * (2 * Pages + 7);
}

/// <summary>16 threads for 16 rows, any head up to 256: the smallest group there is, ILGPU's default CPU device. A tile is
/// one page.</summary>
internal struct AttentionTileOnePage : IAttentionTile
{
    public static int ColumnThreads => 4;
    public static int ColumnShift => 2;
    public static int RowThreads => 4;
    public static int RowShift => 4;
    public static int RowQuads => 1;
    public static int PanelShift => 2;
    public static int MaxHeadDim => 256;
    public static int StageFours => 256;
}

/// <summary>64 threads for 16 rows of heads up to 256; 30 KB of shared memory.</summary>
internal struct AttentionTile16x256 : IAttentionTile
{
    public static int ColumnThreads => 16;
    public static int ColumnShift => 4;
    public static int RowThreads => 4;
    public static int RowShift => 4;
    public static int RowQuads => 1;
    public static int PanelShift => 2;
    public static int MaxHeadDim => 256;
    public static int StageFours => 512;
}

/// <summary>128 threads for 32 rows of heads up to 128; 35 KB of shared memory.</summary>
internal struct AttentionTile32x128 : IAttentionTile
{
    public static int ColumnThreads => 16;
    public static int ColumnShift => 4;
    public static int RowThreads => 8;
    public static int RowShift => 5;
    public static int RowQuads => 1;
    public static int PanelShift => 1;
    public static int MaxHeadDim => 128;
    public static int StageFours => 512;
}

/// <summary>128 threads for 64 rows of heads up to 64; 46 KB of shared memory, the most that needs no permission.</summary>
internal struct AttentionTile64x64 : IAttentionTile
{
    public static int ColumnThreads => 16;
    public static int ColumnShift => 4;
    public static int RowThreads => 8;
    public static int RowShift => 6;
    public static int RowQuads => 2;
    public static int PanelShift => 0;
    public static int MaxHeadDim => 64;
    public static int StageFours => 512;
}
