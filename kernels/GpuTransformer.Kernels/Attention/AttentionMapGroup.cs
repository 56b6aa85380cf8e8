using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The attention weights, one group a row and head; a thread takes four slots at a time.</summary>
internal static class AttentionMapGroup
{
    public const int MostThreads = 128;

    /// <summary>The widest head whose query fits into shared memory.</summary>
    public const int MaxHeadDim = 256;

    private const int TokenMask = PagedKeys.PageTokens - 1;

    /// <remarks>
    /// Computes: map[row, head, slot] = softmax(scale · q·k) over the slots [begin, end) of the row, 0 elsewhere.
    /// Shapes: q (rows, numHeads · headDim); map (rows, numHeads · mapKeys).
    /// Group: one row (Grid.x) and head (Grid.y); thread t takes fours of slots t, t + Group.DimX, ... and reads back what
    /// it wrote. Shared: scale · q, the reductions' scratch. Barriers: 5.
    /// Numerics: the maximum first; each thread sums its slots in ascending order, then <see cref="GroupReduction"/>'s order.
    /// Edges: a row that sees nothing gives zeros; slots past mapKeys count in the sum and are not stored, so their scores
    /// are computed twice; slots outside the row's interval are neither looked up nor counted.
    /// Cost: 2 · headDim + 40 flops and 4 · headDim + 20 bytes a (row, head, slot). Limit: keys come 128 bits a load, eight
    /// loads under way, for 4 multiply-adds each: the second-level cache, since the rows of a head share their keys.
    /// </remarks>
    public static void Kernel(AttentionMapArgs args)
    {
        if (Grid.IdxX >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var query = SharedMemory.Allocate<float>(MaxHeadDim);
        var place = AttentionRow.Read(args.RowTable, Grid.IdxX, PageAddress.SlotsPerSequence(args.Pages));
        var kvHead = Grid.IdxY / (args.NumHeads / args.Pages.NumKvHeads);
        for (var d = Group.IdxX; d < args.Pages.HeadDim; d += Group.DimX)
        {
            query[d] = args.Query[Grid.IdxX, Grid.IdxY * args.Pages.HeadDim + d] * args.Scale;
        }

        Group.Barrier();
        var map = args.Map.Offset + Grid.IdxX * args.Map.Stride + Grid.IdxY * args.MapKeys;
        var max = float.NegativeInfinity;
        for (var slot = 4 * Group.IdxX; slot < place.End; slot += 4 * Group.DimX)
        {
            if (slot + 4 > place.Begin)
            {
                var scores = Scores(args.Pages, query, place, kvHead, slot);
                max = Keep(args, map, place, slot, scores.X, max);
                max = Keep(args, map, place, slot + 1, scores.Y, max);
                max = Keep(args, map, place, slot + 2, scores.Z, max);
                max = Keep(args, map, place, slot + 3, scores.W, max);
            }
        }

        var shift = SoftmaxRow.Shift(GroupReduction.Max(scratch, max));
        var sum = 0f;
        for (var slot = 4 * Group.IdxX; slot < place.End; slot += 4 * Group.DimX)
        {
            if (slot + 4 > place.Begin)
            {
                var scores = default(Float4);
                if (slot + 4 > args.MapKeys)
                {
                    scores = Scores(args.Pages, query, place, kvHead, slot);
                }

                sum += Power(args, map, place, slot, scores.X, shift);
                sum += Power(args, map, place, slot + 1, scores.Y, shift);
                sum += Power(args, map, place, slot + 2, scores.Z, shift);
                sum += Power(args, map, place, slot + 3, scores.W, shift);
            }
        }

        var inverse = SoftmaxRow.Inverse(GroupReduction.Sum(scratch, sum));
        for (var slot = 4 * Group.IdxX; slot < args.MapKeys; slot += 4 * Group.DimX)
        {
            Weigh(args, map, place, slot, inverse);
            Weigh(args, map, place, slot + 1, inverse);
            Weigh(args, map, place, slot + 2, inverse);
            Weigh(args, map, place, slot + 3, inverse);
        }

        GroupEnd.Join();
    }

    /// <summary>q·k of four slots of a page, of which the row sees at least one; dimensions ascending.</summary>
    private static Float4 Scores(in PagedKeys pages, ArrayView<float> query, in AttentionRow place, int kvHead, int slot)
    {
        var page = PageAddress.Page(pages, place.Sequence, slot < place.Begin ? place.Begin : slot);
        var keys = pages.Keys.Cast<Float4>();
        var at = (PageAddress.KeysStart(pages, page, kvHead) >> 2) + ((slot & TokenMask) >> 2);
        var scores = default(Float4);
        var d = 0;
        for (; d + 8 <= pages.HeadDim; d += 8)
        {
            var k = keys.SubView(at + 4 * d, 29);
            var (a, b, c, e) = (k[0], k[4], k[8], k[12]);
            var (f, g, h, i) = (k[16], k[20], k[24], k[28]);
            Add(ref scores, query[d], a);
            Add(ref scores, query[d + 1], b);
            Add(ref scores, query[d + 2], c);
            Add(ref scores, query[d + 3], e);
            Add(ref scores, query[d + 4], f);
            Add(ref scores, query[d + 5], g);
            Add(ref scores, query[d + 6], h);
            Add(ref scores, query[d + 7], i);
        }

        for (; d < pages.HeadDim; d++)
        {
            var key = keys[at + 4 * d];
            Add(ref scores, query[d], key);
        }

        return scores;
    }

    private static void Add(ref Float4 scores, float query, Float4 keys)
    {
        scores.X += query * keys.X;
        scores.Y += query * keys.Y;
        scores.Z += query * keys.Z;
        scores.W += query * keys.W;
    }

    /// <summary>The larger of the maximum so far and a score, which is kept where the map has room; nothing where the row
    /// does not see the slot.</summary>
    private static float Keep(in AttentionMapArgs args, int map, in AttentionRow place, int slot, float score, float max)
    {
        if (slot < place.Begin || slot >= place.End)
        {
            return max;
        }

        if (slot < args.MapKeys)
        {
            args.Map.Data[map + slot] = score;
        }

        return GroupReduction.Larger(max, score);
    }

    /// <summary>exp(score - shift), kept in the score's place; 0 where the row does not see the slot.</summary>
    private static float Power(in AttentionMapArgs args, int map, in AttentionRow place, int slot, float score, float shift)
    {
        if (slot < place.Begin || slot >= place.End)
        {
            return 0f;
        }

        if (slot >= args.MapKeys)
        {
            return FastMath.Exp(score - shift);
        }

        var power = FastMath.Exp(args.Map.Data[map + slot] - shift);
        args.Map.Data[map + slot] = power;
        return power;
    }

    /// <summary>The weight in place of the power; 0 where the row does not see the slot.</summary>
    private static void Weigh(in AttentionMapArgs args, int map, in AttentionRow place, int slot, float inverse)
    {
        if (slot < args.MapKeys)
        {
            var visible = slot >= place.Begin && slot < place.End;
            args.Map.Data[map + slot] = visible ? args.Map.Data[map + slot] * inverse : 0f;
        }
    }
}
