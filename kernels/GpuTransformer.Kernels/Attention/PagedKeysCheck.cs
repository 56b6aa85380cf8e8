using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Checks of what the operations over pages share.</summary>
internal static class PagedKeysCheck
{
    /// <summary>Query heads are a multiple of the key heads, and heads have a width.</summary>
    public static void Heads(string operation, int numHeads, in PagedKeys pages)
    {
        ShapeCheck.AtLeast(operation, "numHeads", numHeads, 1);
        ShapeCheck.AtLeast(operation, "numKvHeads", pages.NumKvHeads, 1);
        ShapeCheck.AtLeast(operation, "headDim", pages.HeadDim, 1);
        if (numHeads % pages.NumKvHeads != 0)
        {
            throw new ShapeException(
                $"{operation}: numHeads must be a multiple of numKvHeads {pages.NumKvHeads}, found {numHeads}.");
        }
    }

    /// <summary>Heads have a width, and the page table has a row.</summary>
    public static void Shape(string operation, in PagedKeys pages)
    {
        ShapeCheck.AtLeast(operation, "numKvHeads", pages.NumKvHeads, 1);
        ShapeCheck.AtLeast(operation, "headDim", pages.HeadDim, 1);
        ShapeCheck.AtLeast(operation, "pagesPerSequence", pages.PagesPerSequence, 1);
        ShapeCheck.Elements(operation, "pageTable", pages.PageTable, 0, pages.PagesPerSequence);
    }

    /// <summary>Keys and values hold at least one page, and as many of each; their shape was checked.</summary>
    public static void Memory(string operation, in PagedKeys pages, bool hasValues)
    {
        var page = (long)pages.NumKvHeads * pages.HeadDim * PagedKeys.PageTokens;
        ShapeCheck.Elements(operation, "keys", pages.Keys, 0, page);
        if (hasValues)
        {
            ShapeCheck.Elements(operation, "values", pages.Values, 0, pages.Keys.Length / page * page);
        }
    }

    /// <summary>A matrix of heads has a row for each entry of the row table.</summary>
    public static void Rows(
        string operation, string name, in RowView view, ArrayView<int> rowTable, int numHeads, in PagedKeys pages) =>
        ShapeCheck.Rows(operation, name, view, rowTable.Length / 4, Width(operation, numHeads, pages.HeadDim));

    /// <summary>numHeads · headDim, where that is a width.</summary>
    public static int Width(string operation, int numHeads, int headDim)
    {
        var width = (long)numHeads * headDim;
        ShapeCheck.AtMostIntMax(operation, "numHeads · headDim", width);
        return (int)width;
    }

    /// <summary>Slots in the pages of a sequence, at capacity.</summary>
    public static long Slots(in PagedKeys pages) => (long)pages.PagesPerSequence * PagedKeys.PageTokens;
}
