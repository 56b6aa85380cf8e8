using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: map[row, head · mapKeys + slot] = softmax(scale · q·k) over the row's slots [begin, end), 0 where
/// the row does not see the slot.
/// <para>Shapes: q (rows, numHeads · headDim), map (rows, numHeads · mapKeys). A tile owns one row and head.</para>
/// <para>Edges: scores run over whole pages; slots beyond the map are part of the softmax and not written.</para>
/// <para>Cost: 2 · headDim flops a visible slot and head.</para></summary>
internal unsafe struct AttentionMapCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer Query;
        public RowPointer Map;
        public float* Keys;
        public int* PageTable;
        public int* RowTable;
        public RowCountPointer Rows;
        public int Pages;
        public int Sequences;
        public int PagesPerSequence;
        public int NumHeads;
        public int NumKvHeads;
        public int HeadDim;
        public int MapKeys;
        public float Scale;
    }

    public static CpuVariant<AttentionMapArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<AttentionMapArgs> ForWidth(int bits) =>
        SimdVariant.Of<AttentionMapCpu, AttentionMapArgs, Args>("attentionmap-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in AttentionMapArgs args)
    {
        var pages = args.Pages;
        var pageFloats = Math.Max(1L, (long)pages.NumKvHeads * pages.HeadDim * PagedKeys.PageTokens);
        return new Args
        {
            Query = HostAddress.Of(args.Query),
            Map = HostAddress.Of(args.Map),
            Keys = HostAddress.Of(pages.Keys),
            PageTable = HostAddress.Of(pages.PageTable),
            RowTable = HostAddress.Of(args.RowTable),
            Rows = HostAddress.Of(args.Rows),
            Pages = (int)(pages.Keys.Length / pageFloats),
            Sequences = (int)(pages.PageTable.Length / Math.Max(1, pages.PagesPerSequence)),
            PagesPerSequence = pages.PagesPerSequence,
            NumHeads = args.NumHeads,
            NumKvHeads = pages.NumKvHeads,
            HeadDim = pages.HeadDim,
            MapKeys = args.MapKeys,
            Scale = args.Scale,
        };
    }

    internal static int TileCount(void* args) => ((Args*)args)->Rows.Count * ((Args*)args)->NumHeads;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (row, head) = Math.DivRem(tile, a.NumHeads);
        var map = a.Map.Row(row) + (long)head * a.MapKeys;
        new Span<float>(map, a.MapKeys).Clear();
        var table = a.RowTable + 4L * row;
        var begin = Math.Max(0, table[1]);
        var end = Math.Min(a.PagesPerSequence * PagedKeys.PageTokens, table[2]);
        if ((uint)table[0] >= (uint)a.Sequences || begin >= end || a.Pages == 0)
        {
            return;
        }

        var start = begin / PagedKeys.PageTokens * PagedKeys.PageTokens;
        var query = CpuScratch.Floats(a.HeadDim + end - start + PagedKeys.PageTokens);
        var scores = query + a.HeadDim;
        var from = a.Query.Row(row) + (long)head * a.HeadDim;
        for (var d = 0; d < a.HeadDim; d++)
        {
            query[d] = from[d] * a.Scale;
        }

        for (var slot = start; slot < end; slot += PagedKeys.PageTokens)
        {
            ScorePage<TSimd, TVector>(ref a, table[0], slot, head, query, scores + slot - start);
        }

        var visible = scores + begin - start;
        SoftmaxCpuRow<TSimd, TVector>.Run(visible, end - begin);
        var shown = Math.Min(end, a.MapKeys) - begin;
        if (shown > 0)
        {
            new Span<float>(visible, shown).CopyTo(new Span<float>(map + begin, shown));
        }
    }

    private static void ScorePage<TSimd, TVector>(
        ref Args a, int sequence, int slot, int head, float* query, float* scores)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        // A page beyond the view is not followed.
        var page = a.PageTable[(long)sequence * a.PagesPerSequence + slot / PagedKeys.PageTokens];
        page = (uint)page < (uint)a.Pages ? page : 0;
        var keyHead = head / (a.NumHeads / a.NumKvHeads);
        var keys = a.Keys + ((long)page * a.NumKvHeads + keyHead) * a.HeadDim * PagedKeys.PageTokens;
        var walk = new PanelWalk
        {
            A = query,
            Segments = &keys,
            Step = PagedKeys.PageTokens,
            Count = a.HeadDim,
            SegmentLength = a.HeadDim,
        };
        for (var column = 0; column < PagedKeys.PageTokens; column += TSimd.Lanes)
        {
            walk.Column = column;
            walk.C = scores + column;
            PanelProduct<TSimd, TVector>.Run(walk, 1, 1);
        }
    }
}
