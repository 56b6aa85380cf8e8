using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Copies pages, one thread an element.</summary>
internal static class PageCopyNaive
{
    /// <remarks>
    /// Computes: keys[to] = keys[from], values[to] = values[from] for each copy.
    /// Shapes: keys, values (pages, pageElements).
    /// Group: Group.DimX elements, one a thread. Shared: none. Barriers: none. Numerics: a copy.
    /// Edges: a copy from or to a page outside the views is passed over.
    /// Cost: 16 bytes an element.
    /// </remarks>
    public static void Kernel(PageCopyArgs args)
    {
        var item = Grid.IdxX * Group.DimX + Group.IdxX;
        var copy = item / args.PageElements;
        if (item < 0 || copy >= args.Copies.Count)
        {
            return;
        }

        var from = args.CopyTable[2 * copy];
        var to = args.CopyTable[2 * copy + 1];
        if ((uint)from < (uint)args.Pages && (uint)to < (uint)args.Pages)
        {
            var element = item - copy * args.PageElements;
            args.Keys[to * args.PageElements + element] = args.Keys[from * args.PageElements + element];
            args.Values[to * args.PageElements + element] = args.Values[from * args.PageElements + element];
        }
    }
}
