namespace GpuTransformer.Kernels;

/// <summary>Where keys and values are in their pages. A page holds 16 tokens, so a shift by 4 finds it.</summary>
internal static class PageAddress
{
    private const int TokenShift = 4;
    private const int TokenMask = PagedKeys.PageTokens - 1;

    /// <summary>The page that holds a slot of a sequence.</summary>
    public static int Page(in PagedKeys pages, int sequence, int slot) =>
        pages.PageTable[sequence * pages.PagesPerSequence + (slot >> TokenShift)];

    /// <summary>Where the keys of a head of a page start, [headDim][16].</summary>
    public static int KeysStart(in PagedKeys pages, int page, int head) =>
        (page * pages.NumKvHeads + head) * pages.HeadDim * PagedKeys.PageTokens;

    /// <summary>Where dimension 0 of the key in a slot is; the next dimension is 16 further.</summary>
    public static int Key(in PagedKeys pages, int sequence, int slot, int head) =>
        KeysStart(pages, Page(pages, sequence, slot), head) + (slot & TokenMask);

    /// <summary>Where dimension 0 of the value in a slot is; the next dimension is 1 further.</summary>
    public static int Value(in PagedKeys pages, int sequence, int slot, int head) =>
        KeysStart(pages, Page(pages, sequence, slot), head) + (slot & TokenMask) * pages.HeadDim;

    /// <summary>Slots that the page table has room for in each sequence; row tables are not trusted beyond them.</summary>
    public static int SlotsPerSequence(in PagedKeys pages) => pages.PagesPerSequence * PagedKeys.PageTokens;
}
