using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Brings values of a tile into shared memory, 128 bits a load and four loads under way in each thread. Slots that no
/// row of the block sees become zeros and are never read; dimensions past the head read the first one.</summary>
internal static class AttentionStageValues<TTile>
    where TTile : struct, IAttentionTile
{
    private const int TokenMask = PagedKeys.PageTokens - 1;

    /// <summary>Values that the threads load side by side.</summary>
    private static int PassKeys => AttentionLayout<TTile>.Threads >> AttentionLayout<TTile>.ValueShift;

    private static int Passes => AttentionLayout<TTile>.StageValues / PassKeys;

    /// <summary>Stages the values from <paramref name="firstSlot"/> on, [key][dimension of the group].</summary>
    public static void Run(in PagedKeys pages, in AttentionBlock block, in AttentionShared shared, int firstSlot)
    {
        var key = Group.IdxX >> AttentionLayout<TTile>.ValueShift;
        var dim = block.FirstDim + 4 * (Group.IdxX & (AttentionLayout<TTile>.ValueFours - 1));
        dim = dim < pages.HeadDim ? dim : 0;
        if ((pages.HeadDim & 3) != 0)
        {
            ByOne(pages, block, shared, firstSlot, key, dim);
        }
        else if (firstSlot >= block.Begin && firstSlot + AttentionLayout<TTile>.StageValues <= block.End)
        {
            // The same for the whole group, and four passes stay within a page.
            for (var pass = 0; pass < Passes; pass += 4)
            {
                var at = PageAddress.Value(pages, block.Sequence, firstSlot + pass * PassKeys, block.KvHead);
                var from = (at + key * pages.HeadDim + dim) >> 2;
                var step = PassKeys * pages.HeadDim >> 2;
                var values = pages.Values.Cast<Float4>();
                var a = values[from];
                var b = values[from + step];
                var c = values[from + 2 * step];
                var d = values[from + 3 * step];
                Store(shared, pass, a, b, c, d);
            }
        }
        else
        {
            for (var pass = 0; pass < Passes; pass += 4)
            {
                var slot = firstSlot + pass * PassKeys + key;
                var a = Visible(pages, block, slot, dim);
                var b = Visible(pages, block, slot + PassKeys, dim);
                var c = Visible(pages, block, slot + 2 * PassKeys, dim);
                var d = Visible(pages, block, slot + 3 * PassKeys, dim);
                Store(shared, pass, a, b, c, d);
            }
        }
    }

    private static void Store(in AttentionShared shared, int pass, Float4 a, Float4 b, Float4 c, Float4 d)
    {
        var to = shared.Values.SubView(
            Group.IdxX + pass * AttentionLayout<TTile>.Threads, 3 * AttentionLayout<TTile>.Threads + 1);
        to[0] = a;
        to[AttentionLayout<TTile>.Threads] = b;
        to[2 * AttentionLayout<TTile>.Threads] = c;
        to[3 * AttentionLayout<TTile>.Threads] = d;
    }

    /// <summary>Four dimensions of a value that some row may see; another slot stands in where none does.</summary>
    private static Float4 Visible(in PagedKeys pages, in AttentionBlock block, int slot, int dim)
    {
        var value = pages.Values.Cast<Float4>()[(Place(pages, block, slot) + dim) >> 2];
        return slot >= block.Begin && slot < block.End ? value : default;
    }

    private static int Place(in PagedKeys pages, in AttentionBlock block, int slot)
    {
        slot = slot < block.Begin ? block.Begin : slot;
        slot = slot >= block.End ? block.End - 1 : slot;
        return PageAddress.Value(pages, block.Sequence, slot, block.KvHead);
    }

    /// <summary>Heads that are not whole fours: rows of values do not start at multiples of 16 bytes.</summary>
    private static void ByOne(
        in PagedKeys pages, in AttentionBlock block, in AttentionShared shared, int firstSlot, int key, int dim)
    {
        for (var pass = 0; pass < Passes; pass++)
        {
            var slot = firstSlot + pass * PassKeys + key;
            var from = pages.Values.SubView(Place(pages, block, slot), pages.HeadDim);
            var last = pages.HeadDim - 1;
            var value = new Float4(
                from[dim], from[Least(dim + 1, last)], from[Least(dim + 2, last)], from[Least(dim + 3, last)]);
            shared.Values[Group.IdxX + pass * AttentionLayout<TTile>.Threads] =
                slot >= block.Begin && slot < block.End ? value : default;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Least(int value, int most) => value < most ? value : most;
}
