
namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Rows of a large output that are worth a reference on the host: the first, the last, and rows between at a
/// stride that meets every place of a tile.</summary>
internal static class SampledRows
{
    /// <summary>All rows where they are at most <paramref name="most"/>, else about as many.</summary>
    public static IEnumerable<int> Of(int rows, int most)
    {
        var step = rows <= most ? 1 : rows / most | 1;
        for (var row = 0; row < rows; row += step)
        {
            yield return row;
        }

        if (rows > 1 && (rows - 1) % step != 0)
        {
            yield return rows - 1;
        }
    }
}
