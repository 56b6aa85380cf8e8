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
}
