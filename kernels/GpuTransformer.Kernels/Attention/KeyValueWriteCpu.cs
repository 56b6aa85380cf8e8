using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Writes keys (transposed) and values into their pages.
/// <para>A tile owns 16 rows. Rows whose slots follow each other in one page, as in a prompt, are transposed together;
/// a row of its own, as in decoding, is scattered: one element a cache line, which the layout of the keys costs.</para>
/// <para>Edges: rows with a negative slot, and slots, sequences and pages beyond the views, are not written.</para>
/// <para>Cost: 16 bytes an element.</para></summary>
internal static unsafe class KeyValueWriteCpu
{
    private const int RowsPerTile = 16;

    internal struct Args
    {
        public RowPointer Key;
        public RowPointer Value;
        public float* Keys;
        public float* Values;
        public int* PageTable;
        public int* WriteTable;
        public RowCountPointer Rows;
        public int Pages;
        public int Sequences;
        public int PagesPerSequence;
        public int NumKvHeads;
        public int HeadDim;
    }

    public static CpuVariant<KeyValueWriteArgs> Variant { get; } =
        new CpuVariant<KeyValueWriteArgs, Args>("kvwrite-cpu", Convert, &TileCount, &Tile);

    internal static Args Convert(in KeyValueWriteArgs args)
    {
        var pages = args.Pages;
        var pageFloats = Math.Max(1L, (long)pages.NumKvHeads * pages.HeadDim * PagedKeys.PageTokens);
        return new Args
        {
            Key = HostAddress.Of(args.Key),
            Value = HostAddress.Of(args.Value),
            Keys = HostAddress.Of(pages.Keys),
            Values = HostAddress.Of(pages.Values),
            PageTable = HostAddress.Of(pages.PageTable),
            WriteTable = HostAddress.Of(args.WriteTable),
            Rows = HostAddress.Of(args.Rows),
            Pages = (int)(Math.Min(pages.Keys.Length, pages.Values.Length) / pageFloats),
            Sequences = (int)(pages.PageTable.Length / Math.Max(1, pages.PagesPerSequence)),
            PagesPerSequence = pages.PagesPerSequence,
            NumKvHeads = pages.NumKvHeads,
            HeadDim = pages.HeadDim,
        };
    }

    internal static int TileCount(void* args) => (((Args*)args)->Rows.Count + RowsPerTile - 1) / RowsPerTile;

    internal static void Tile(void* args, int tile)
    {
        ref var a = ref *(Args*)args;
        var end = Math.Min(a.Rows.Count, (tile + 1) * RowsPerTile);
        for (var row = tile * RowsPerTile; row < end;)
        {
            var count = RowsOfPage(a.WriteTable, row, end);
            var slot = a.WriteTable[2 * row + 1];
            if (PageOf(ref a, a.WriteTable[2 * row], slot) is var page and >= 0)
            {
                Write(ref a, row, count, page, slot % PagedKeys.PageTokens);
            }

            row += count;
        }
    }

    /// <summary>How many rows from this one on go to slots that follow each other in one page.</summary>
    internal static int RowsOfPage(int* writeTable, int row, int end)
    {
        var table = writeTable + 2 * row;
        var count = 1;
        while (row + count < end && table[2 * count] == table[0] && table[2 * count + 1] == table[1] + count
            && (table[1] + count) % PagedKeys.PageTokens != 0)
        {
            count++;
        }

        return count;
    }

    private static int PageOf(ref Args a, int sequence, int slot)
    {
        if ((uint)sequence >= (uint)a.Sequences || slot < 0 || slot / PagedKeys.PageTokens >= a.PagesPerSequence)
        {
            return -1;
        }

        var page = a.PageTable[(long)sequence * a.PagesPerSequence + slot / PagedKeys.PageTokens];
        return (uint)page < (uint)a.Pages ? page : -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(ref Args a, int row, int count, int page, int token)
    {
        var headDim = a.HeadDim;
        for (var h = 0; h < a.NumKvHeads; h++)
        {
            var start = ((long)page * a.NumKvHeads + h) * headDim * PagedKeys.PageTokens;
            BlockTranspose.Run(
                a.Key.Row(row) + (long)h * headDim, a.Key.Stride,
                a.Keys + start + token, PagedKeys.PageTokens, count, headDim);
            var to = a.Values + start + (long)token * headDim;
            for (var r = 0; r < count; r++)
            {
                Unsafe.CopyBlockUnaligned(to, a.Value.Row(row + r) + (long)h * headDim, (uint)headDim * sizeof(float));
                to += headDim;
            }
        }
    }
}
