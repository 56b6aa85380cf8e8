namespace GpuTransformer.Kernels;

/// <summary>Which tile of which matrix a group owns.</summary>
internal struct MatMulPlace
{
    /// <summary>Rows of tiles that are walked together, column by column: what runs at the same time then shares both
    /// its rows of x and its rows of the weight.</summary>
    private const int Band = 8;

    public int Batch;
    public int FirstRow;
    public int FirstColumn;

    /// <summary>Of tile <paramref name="index"/> of 2^rowShift rows and 2^columnShift columns, counted through the batch.</summary>
    public static MatMulPlace Of(int index, int capacity, int columns, int rowShift, int columnShift)
    {
        var tilesM = TilesOf(capacity, rowShift);
        var tilesN = TilesOf(columns, columnShift);
        var perMatrix = tilesM * tilesN;
        var batch = index / perMatrix;
        var tile = index - batch * perMatrix;
        var band = tile / (Band * tilesN);
        var rest = tile - band * Band * tilesN;
        var height = tilesM - band * Band;
        height = height < Band ? height : Band;
        var column = rest / height;
        return new MatMulPlace
        {
            Batch = batch,
            FirstRow = (band * Band + (rest - column * height)) << rowShift,
            FirstColumn = column << columnShift,
        };
    }

    /// <summary>Tiles that cover one matrix.</summary>
    public static int Tiles(int capacity, int columns, int rowShift, int columnShift) =>
        TilesOf(capacity, rowShift) * TilesOf(columns, columnShift);

    /// <summary>Tiles of 2^<paramref name="shift"/> that cover a length.</summary>
    public static int TilesOf(int length, int shift) => ((length - 1) >> shift) + 1;
}
