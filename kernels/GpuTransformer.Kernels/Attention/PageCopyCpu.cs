namespace GpuTransformer.Kernels;

/// <summary>Copies pages of keys and values.
/// <para>A tile owns one copy. Edges: a copy from or to a page outside the views is passed over.</para>
/// <para>Cost: 16 bytes an element.</para></summary>
internal static unsafe class PageCopyCpu
{
    internal struct Args
    {
        public float* Keys;
        public float* Values;
        public int* CopyTable;
        public RowCountPointer Copies;
        public int Pages;
        public int PageElements;
    }

    public static CpuVariant<PageCopyArgs> Variant { get; } =
        new CpuVariant<PageCopyArgs, Args>("pagecopy-cpu", Convert, &TileCount, &Tile);

    internal static Args Convert(in PageCopyArgs args) => new()
    {
        Keys = HostAddress.Of(args.Keys),
        Values = HostAddress.Of(args.Values),
        CopyTable = HostAddress.Of(args.CopyTable),
        Copies = HostAddress.Of(args.Copies),
        Pages = args.Pages,
        PageElements = args.PageElements,
    };

    internal static int TileCount(void* args) => ((Args*)args)->Copies.Count;

    internal static void Tile(void* args, int tile)
    {
        ref var a = ref *(Args*)args;
        var (from, to) = (a.CopyTable[2 * tile], a.CopyTable[2 * tile + 1]);
        if ((uint)from < (uint)a.Pages && (uint)to < (uint)a.Pages)
        {
            var bytes = (nuint)a.PageElements * sizeof(float);
            Buffer.MemoryCopy(a.Keys + (long)from * a.PageElements, a.Keys + (long)to * a.PageElements, bytes, bytes);
            Buffer.MemoryCopy(a.Values + (long)from * a.PageElements, a.Values + (long)to * a.PageElements, bytes, bytes);
        }
    }
}
