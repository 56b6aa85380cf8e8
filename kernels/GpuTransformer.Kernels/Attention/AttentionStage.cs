using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Brings keys and values of a tile from their pages into shared memory, 128 bits a load and four loads under way
/// in each thread. Slots outside the block's range and dimensions past the head become zeros: there the load goes to
/// the start of the view, whatever is there is dropped, and no page is looked up.</summary>
internal static class AttentionStage<TTile>
    where TTile : struct, IAttentionTile
{
    private const int PageShift = 4;

    /// <summary>Stages dimensions [firstDim, firstDim + result) of the tile's keys, [dimension][keys]. The result is a
    /// multiple of 4.</summary>
    public static int Keys(in PagedKeys pages, in AttentionBlock block, in AttentionShared shared, int tileStart, int firstDim)
    {
        var dims = (pages.HeadDim - firstDim + 3) & ~3;
        dims = dims > AttentionLayout<TTile>.StageDims ? AttentionLayout<TTile>.StageDims : dims;

        // The number of threads is a multiple of the columns, so a thread stays with its column, which is in one page.
        var column = Group.IdxX & (TTile.ColumnThreads - 1);
        var slot = tileStart + 4 * column;
        var present = slot >> PageShift >= block.Begin >> PageShift && (slot >> PageShift) << PageShift < block.End;
        var start = 0;
        if (present)
        {
            start = (PageAddress.KeysStart(pages, PageAddress.Page(pages, block.Sequence, slot), block.KvHead) >> 2) + (column & 3);
        }

        // Past the last dimension that is there.
        var limit = present ? pages.HeadDim : 0;
        var keys = pages.Keys.Cast<Float4>();
        for (var i = Group.IdxX; i < dims << TTile.ColumnShift; i += 4 * AttentionLayout<TTile>.Threads)
        {
            var d = firstDim + (i >> TTile.ColumnShift);
            var a = Key(keys, start, d, limit);
            var b = Key(keys, start, d + TTile.RowThreads, limit);
            var c = Key(keys, start, d + 2 * TTile.RowThreads, limit);
            var e = Key(keys, start, d + 3 * TTile.RowThreads, limit);
            Store(shared, i, a, b, c, e);
        }

        return dims;
    }

    /// <summary>Stages StageValues values from <paramref name="firstSlot"/> on, [key][dimensions of the group].</summary>
    public static void Values(in PagedKeys pages, in AttentionBlock block, in AttentionShared shared, int firstSlot)
    {
        var four = (pages.HeadDim & 3) == 0;
        for (var i = Group.IdxX; i < TTile.StageFours; i += 4 * AttentionLayout<TTile>.Threads)
        {
            var a = ValueStart(pages, block, firstSlot, i);
            var b = ValueStart(pages, block, firstSlot, i + AttentionLayout<TTile>.Threads);
            var c = ValueStart(pages, block, firstSlot, i + 2 * AttentionLayout<TTile>.Threads);
            var d = ValueStart(pages, block, firstSlot, i + 3 * AttentionLayout<TTile>.Threads);
            if (four)
            {
                var values = pages.Values.Cast<Float4>();
                Store(shared, i, Value(values, a), Value(values, b), Value(values, c), Value(values, d));
            }
            else
            {
                Store(shared, i, ValueByOne(pages, a), ValueByOne(pages, b), ValueByOne(pages, c), ValueByOne(pages, d));
            }
        }
    }

    private static void Store(in AttentionShared shared, int i, Float4 a, Float4 b, Float4 c, Float4 d)
    {
        shared.Stage[i] = a;
        shared.Stage[i + AttentionLayout<TTile>.Threads] = b;
        shared.Stage[i + 2 * AttentionLayout<TTile>.Threads] = c;
        shared.Stage[i + 3 * AttentionLayout<TTile>.Threads] = d;
    }

    private static Float4 Key(ArrayView<Float4> keys, int start, int d, int limit)
    {
        var value = keys[d < limit ? start + 4 * d : 0];
        return Keep(value, d < limit);
    }

    /// <summary>Where the four of stage place <paramref name="i"/> are among the values, and how many of them there are.</summary>
    private static ValuePlace ValueStart(in PagedKeys pages, in AttentionBlock block, int firstSlot, int i)
    {
        ValuePlace place;
        var slot = firstSlot + (i >> (TTile.ColumnShift + TTile.PanelShift));
        var dim = block.FirstDim + 4 * (i & (AttentionLayout<TTile>.ValueStride - 1));
        var present = slot >= block.Begin && slot < block.End && dim < pages.HeadDim;

        // A slot of the range stands in, so that the page table is read without a branch.
        var at = PageAddress.Value(pages, block.Sequence, present ? slot : block.Begin, block.KvHead);
        place.Start = present ? at + dim : 0;
        place.Count = present ? pages.HeadDim - dim : 0;
        return place;
    }

    private static Float4 Value(ArrayView<Float4> values, ValuePlace place) =>
        Keep(values[place.Start >> 2], place.Count > 0);

    private static Float4 ValueByOne(in PagedKeys pages, ValuePlace place) => new(
        place.Count > 0 ? pages.Values[place.Start] : 0f,
        place.Count > 1 ? pages.Values[place.Start + 1] : 0f,
        place.Count > 2 ? pages.Values[place.Start + 2] : 0f,
        place.Count > 3 ? pages.Values[place.Start + 3] : 0f);

    private static Float4 Keep(Float4 value, bool present) => new(
        present ? value.X : 0f, present ? value.Y : 0f, present ? value.Z : 0f, present ? value.W : 0f);

    private struct ValuePlace
    {
        public int Start;
        public int Count;
    }
}
