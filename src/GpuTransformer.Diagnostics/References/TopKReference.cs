namespace GpuTransformer.Diagnostics.References;

/// <summary>The k largest of each row by a sort.</summary>
internal static class TopKReference
{
    /// <summary>Places of the k largest, NaN last; the smaller place comes first among equals, as a stable sort keeps it.</summary>
    public static int[] Row(ReadOnlySpan<float> row, int k)
    {
        var values = row.ToArray();
        return [.. Enumerable.Range(0, values.Length)
            .OrderBy(i => float.IsNaN(values[i]))
            .ThenByDescending(i => float.IsNaN(values[i]) ? 0 : values[i])
            .Take(k)];
    }

    /// <summary>What a status word that starts as -1 holds afterwards: the largest row with NaN, plus 1.</summary>
    public static int Reported(ReadOnlySpan<float> values, int rows, int width)
    {
        for (var row = rows; row > 0; row--)
        {
            foreach (var value in values.Slice((row - 1) * width, width))
            {
                if (float.IsNaN(value))
                {
                    return row;
                }
            }
        }

        return -1;
    }
}
