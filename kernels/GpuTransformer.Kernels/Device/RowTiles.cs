namespace GpuTransformer.Kernels;

/// <summary>How operations that treat rows one by one are cut into tiles: whole rows, as many as make a tile worth a
/// thread's while, and tiles of equal size and even number, so that two threads end together.</summary>
internal static class RowTiles
{
    /// <summary>Elements of a tile: about 2 microseconds of work, against a quarter to hand a tile out.</summary>
    private const int Elements = 8192;

    /// <summary>Tiles of <paramref name="rows"/> rows.</summary>
    public static int Count(int rows, int width)
    {
        var tiles = (long)rows * width / Elements;
        return tiles <= 1 ? Math.Min(1, rows) : (int)Math.Min(rows, (tiles + 1) / 2 * 2);
    }

    /// <summary>The rows of a tile.</summary>
    public static (int First, int End) Of(int tile, int rows, int width)
    {
        var count = Count(rows, width);
        return ((int)((long)rows * tile / count), (int)((long)rows * (tile + 1) / count));
    }
}
