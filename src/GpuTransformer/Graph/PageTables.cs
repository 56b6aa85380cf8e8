using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>Hands out pages of a key space.</summary>
internal static class PageTables
{
    /// <summary>Every sequence owns its full share of pages: for caches that grow.</summary>
    public static void FillWhole(Session session, KeySpace space)
    {
        var table = session.Table(space.PageTable);
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = i;
        }
    }

    /// <summary>Each sequence gets just the pages that its slots need, one after another.</summary>
    /// <exception cref="ShapeException">More sequences, slots or pages than the space was made for.</exception>
    public static void FillPacked(Session session, KeySpace space, ReadOnlySpan<int> slots)
    {
        if (slots.Length > space.Sequences)
        {
            throw new ShapeException($"{space.Name}: {slots.Length} sequences, made for up to {space.Sequences}.");
        }

        var table = session.Table(space.PageTable);
        var next = 0;
        for (var s = 0; s < slots.Length; s++)
        {
            var pages = (slots[s] + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens;
            if (pages > space.PagesPerSequence || next + pages > space.Pages)
            {
                throw new ShapeException(
                    $"{space.Name}: sequence {s} has {slots[s]} keys, made for up to {space.SlotsPerSequence} a sequence and {space.Pages} pages in all.");
            }

            for (var p = 0; p < pages; p++)
            {
                table[s * space.PagesPerSequence + p] = next++;
            }
        }
    }
}
