using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Copies pages, one group a copy.</summary>
internal static class PageCopyGroup
{
    public const int MostThreads = 256;

    /// <remarks>
    /// Computes: keys[to] = keys[from], values[to] = values[from] for each copy.
    /// Shapes: keys, values (pages, pageElements).
    /// Group: one copy; thread t takes elements t, t + Group.DimX, ... Shared: none. Barriers: none. Numerics: a copy.
    /// Edges: a copy from or to a page outside the views is passed over.
    /// Cost: 16 bytes an element, in runs as long as the group.
    /// </remarks>
    public static void Kernel(PageCopyArgs args)
    {
        var copy = Grid.IdxX;
        if (copy >= args.Copies.Count)
        {
            return;
        }

        var from = args.CopyTable[2 * copy];
        var to = args.CopyTable[2 * copy + 1];
        if ((uint)from >= (uint)args.Pages || (uint)to >= (uint)args.Pages)
        {
            return;
        }

        var source = from * args.PageElements;
        var destination = to * args.PageElements;
        for (var i = Group.IdxX; i < args.PageElements; i += Group.DimX)
        {
            args.Keys[destination + i] = args.Keys[source + i];
            args.Values[destination + i] = args.Values[source + i];
        }
    }
}
