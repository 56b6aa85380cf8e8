namespace GpuTransformer.Kernels;

/// <summary>The score of one query row and one key, as the naive kernels compute it.</summary>
internal static class AttentionScore
{
    /// <summary>q·k of a head, dimensions ascending.</summary>
    public static float Dot(in RowView query, int row, int head, in PagedKeys pages, int sequence, int slot, int kvHead)
    {
        var key = PageAddress.Key(pages, sequence, slot, kvHead);
        var first = head * pages.HeadDim;
        var dot = 0f;
        for (var d = 0; d < pages.HeadDim; d++)
        {
            dot += query[row, first + d] * pages.Keys[key + d * PagedKeys.PageTokens];
        }

        return dot;
    }
}
