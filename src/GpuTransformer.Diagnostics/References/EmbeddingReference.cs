namespace GpuTransformer.Diagnostics.References;

/// <summary>Sums of table rows in float64.</summary>
internal static class EmbeddingReference
{
    /// <summary>scale · rows of the table, by id; an id outside is read as 0.</summary>
    public static double[] Rows(float[] table, int tableRows, int[] ids, int width, double scale = 1)
    {
        var y = new double[ids.Length * width];
        for (var i = 0; i < y.Length; i++)
        {
            var id = ids[i / width];
            y[i] = scale * table[(id >= 0 && id < tableRows ? id : 0) * width + i % width];
        }

        return y;
    }

    /// <summary>What a status word that starts as -1 holds afterwards: the largest row whose id lies outside, plus 1.</summary>
    public static int Reported(int[] ids, int tableRows) => Array.FindLastIndex(ids, id => id < 0 || id >= tableRows) is >= 0 and var row ? row + 1 : -1;

    /// <summary>a + b, element by element.</summary>
    public static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (u, v) => u + v)];
}
