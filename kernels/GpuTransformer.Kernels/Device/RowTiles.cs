namespace GpuTransformer.Kernels;

/// <summary>How operations that treat rows one by one are cut into tiles: as many whole rows as make a tile worth a
/// thread's while.</summary>
internal static class RowTiles
{
    /// <summary>Elements of a tile: about 4 microseconds of work, against half a microsecond to hand a tile out.</summary>
    private const int Elements = 8192;

    /// <summary>Rows of a tile.</summary>
    public static int Rows(int width) => Math.Max(1, Elements / Math.Max(1, width));

    /// <summary>Tiles of <paramref name="rows"/> rows.</summary>
    public static int Count(int rows, int width) => (int)(((long)rows + Rows(width) - 1) / Rows(width));

    /// <summary>The rows of a tile.</summary>
    public static (int First, int End) Of(int tile, int rows, int width)
    {
        var first = tile * Rows(width);
        return (first, (int)Math.Min(rows, (long)first + Rows(width)));
    }
}
