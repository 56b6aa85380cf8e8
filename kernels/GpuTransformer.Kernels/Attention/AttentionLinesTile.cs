using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What a decoding group does with the tiles of a pass: scores, weights, and the output of each tile, from
/// scratch and in the order of <see cref="AttentionGroup{TScore,TTile}"/>, so that all give the same bits.</summary>
internal static class AttentionLinesTile<TScore>
    where TScore : struct, IScorePolicy
{
    private const int FourMask = AttentionLines.TileFours - 1;
    private const int FourShift = 4;
    private const int LineShift = 2;
    private const int PageShift = 4;

    /// <summary>Turns the keys from slot <paramref name="start"/> on into weights, four keys of four lines a thread.
    /// Barriers: 1 inside; the caller's next one makes weights and sums visible.</summary>
    public static void Weigh(in AttentionArgs<TScore> args, in AttentionLines lines, int start)
    {
        var place = Group.IdxX;
        var isKey = place < lines.Tiles << FourShift;
        var scores = default(Float4x4);
        if (isKey)
        {
            scores = Scores(args, lines, start + 4 * place);
            lines.Maxima[place] = new Float4(Max(scores.A), Max(scores.B), Max(scores.C), Max(scores.D));
        }

        Group.Barrier();
        if (isKey)
        {
            var maxima = lines.Maxima.SubView(place & ~FourMask, AttentionLines.TileFours);
            var max = maxima[0];
            for (var four = 1; four < AttentionLines.TileFours; four++)
            {
                var other = maxima[four];
                max = new Float4(
                    MathF.Max(max.X, other.X), MathF.Max(max.Y, other.Y), MathF.Max(max.Z, other.Z), MathF.Max(max.W, other.W));
            }

            scores.A = Exp(scores.A, SoftmaxRow.Shift(max.X));
            scores.B = Exp(scores.B, SoftmaxRow.Shift(max.Y));
            scores.C = Exp(scores.C, SoftmaxRow.Shift(max.Z));
            scores.D = Exp(scores.D, SoftmaxRow.Shift(max.W));
            lines.Sums[place] = new Float4(Sum(scores.A), Sum(scores.B), Sum(scores.C), Sum(scores.D));
            var weights = lines.Weights.SubView(4 * place, 4);
            weights[0] = new Float4(scores.A.X, scores.B.X, scores.C.X, scores.D.X);
            weights[1] = new Float4(scores.A.Y, scores.B.Y, scores.C.Y, scores.D.Y);
            weights[2] = new Float4(scores.A.Z, scores.B.Z, scores.C.Z, scores.D.Z);
            weights[3] = new Float4(scores.A.W, scores.B.W, scores.C.W, scores.D.W);
        }
    }

    /// <summary>Folds largest scores and sums of each tile and line; one thread each. The others repeat it into places of
    /// their own: no branch between these barriers, for the reason that <see cref="GroupEnd"/> gives.</summary>
    public static void FoldTiles(in AttentionLines lines)
    {
        const int half = AttentionLines.TileFours / 2;
        var place = Group.IdxX & ((lines.Tiles << LineShift) - 1);
        var first = (place >> LineShift << (FourShift + LineShift)) + (place & (AttentionLines.Count - 1));
        var maxima = lines.Maxima.Cast<float>();
        var sums = lines.Sums.Cast<float>();
        var max = maxima[first];
        for (var four = 1; four < AttentionLines.TileFours; four++)
        {
            max = MathF.Max(max, maxima[first + (four << LineShift)]);
        }

        var sum = 0f;
        for (var four = 0; four < half; four++)
        {
            sum += sums[first + (four << LineShift)] + sums[first + ((four + half) << LineShift)];
        }

        lines.TileMax[Group.IdxX] = max;
        lines.TileSum[Group.IdxX] = sum;
    }

    /// <summary>weights · v of this thread's tile (Group.IdxX >> DimShift) and four dimensions, over the slots that some line
    /// sees, ascending.</summary>
    public static Float4x4 Values(in AttentionArgs<TScore> args, in AttentionLines lines, int start)
    {
        var tileStart = start + (Group.IdxX >> lines.DimShift << AttentionKeys.TileShift);
        var dim = 4 * (Group.IdxX & ((1 << lines.DimShift) - 1));
        var to = Math.Min(tileStart + AttentionKeys.Tile, lines.To);
        var slot = Math.Max(tileStart, lines.From);
        var output = default(Float4x4);
        if (dim >= args.Pages.HeadDim)
        {
            return output;
        }

        var isWhole = (args.Pages.HeadDim & 3) == 0;
        while (slot < to)
        {
            // To the end of a page, whose place is looked up once.
            var pageEnd = Math.Min(((slot >> PageShift) + 1) << PageShift, to);
            var at = PageAddress.Value(args.Pages, lines.Sequence, slot, lines.KvHead) + dim;
            if (isWhole)
            {
                at >>= 2;
                var step = args.Pages.HeadDim >> 2;
                var values = args.Pages.Values.Cast<Float4>();
                for (; slot + 4 <= pageEnd; slot += 4)
                {
                    // Four loads under way.
                    var a = values[at];
                    var b = values[at + step];
                    var c = values[at + 2 * step];
                    var d = values[at + 3 * step];
                    var weights = lines.Weights.SubView(slot - start, 4);
                    AttentionRegisters.Outer(ref output, weights[0], a);
                    AttentionRegisters.Outer(ref output, weights[1], b);
                    AttentionRegisters.Outer(ref output, weights[2], c);
                    AttentionRegisters.Outer(ref output, weights[3], d);
                    at += 4 * step;
                }

                for (; slot < pageEnd; slot++)
                {
                    var value = values[at];
                    AttentionRegisters.Outer(ref output, lines.Weights[slot - start], value);
                    at += step;
                }
            }
            else
            {
                for (; slot < pageEnd; slot++)
                {
                    AttentionRegisters.Outer(ref output, lines.Weights[slot - start], ByOne(args.Pages, at, dim));
                    at += args.Pages.HeadDim;
                }
            }
        }

        return output;
    }

    /// <summary>Scores of four keys from <paramref name="slot"/> on, a line below the other; -infinity where a line does
    /// not see the slot.</summary>
    private static Float4x4 Scores(in AttentionArgs<TScore> args, in AttentionLines lines, int slot)
    {
        var scores = default(Float4x4);
        if (slot < lines.To && slot + 4 > lines.From)
        {
            // A page that some line sees: the first of the four may be before it.
            var seen = Math.Max(slot, lines.From);
            var page = PageAddress.Page(args.Pages, lines.Sequence, seen);
            var at = (PageAddress.KeysStart(args.Pages, page, lines.KvHead) >> 2) + ((slot & (PagedKeys.PageTokens - 1)) >> 2);
            Multiply(args.Pages, lines.Query, at, ref scores);
        }

        scores.A = Finish(args, lines, scores.A, 0, slot);
        scores.B = Finish(args, lines, scores.B, 1, slot);
        scores.C = Finish(args, lines, scores.C, 2, slot);
        scores.D = Finish(args, lines, scores.D, 3, slot);
        return scores;
    }

    private static void Multiply(in PagedKeys pages, ArrayView<Float4> query, int at, ref Float4x4 scores)
    {
        var keys = pages.Keys.Cast<Float4>();
        var d = 0;

        // Eight loads under way; one accumulator a score, dimensions ascending.
        for (; d + 8 <= pages.HeadDim; d += 8)
        {
            var k = keys.SubView(at + 4 * d, 29);
            var a = k[0];
            var b = k[4];
            var c = k[8];
            var e = k[12];
            var f = k[16];
            var g = k[20];
            var h = k[24];
            var i = k[28];
            var q = query.SubView(d, 8);
            AttentionRegisters.Outer(ref scores, q[0], a);
            AttentionRegisters.Outer(ref scores, q[1], b);
            AttentionRegisters.Outer(ref scores, q[2], c);
            AttentionRegisters.Outer(ref scores, q[3], e);
            AttentionRegisters.Outer(ref scores, q[4], f);
            AttentionRegisters.Outer(ref scores, q[5], g);
            AttentionRegisters.Outer(ref scores, q[6], h);
            AttentionRegisters.Outer(ref scores, q[7], i);
        }

        for (; d < pages.HeadDim; d++)
        {
            var key = keys[at + 4 * d];
            AttentionRegisters.Outer(ref scores, query[d], key);
        }
    }

    private static Float4 Finish(in AttentionArgs<TScore> args, in AttentionLines lines, Float4 scores, int line, int slot)
    {
        var head = lines.Head[line];
        var position = lines.Position[line];
        var place = slot - lines.Begin[line];
        var count = lines.End[line] - lines.Begin[line];
        return new Float4(
            (uint)place < (uint)count ? args.Score.Apply(scores.X, head, position, slot) : float.NegativeInfinity,
            (uint)(place + 1) < (uint)count ? args.Score.Apply(scores.Y, head, position, slot + 1) : float.NegativeInfinity,
            (uint)(place + 2) < (uint)count ? args.Score.Apply(scores.Z, head, position, slot + 2) : float.NegativeInfinity,
            (uint)(place + 3) < (uint)count ? args.Score.Apply(scores.W, head, position, slot + 3) : float.NegativeInfinity);
    }

    private static Float4 ByOne(in PagedKeys pages, int at, int dim)
    {
        var left = pages.HeadDim - dim;
        return new Float4(
            pages.Values[at],
            left > 1 ? pages.Values[at + 1] : 0f,
            left > 2 ? pages.Values[at + 2] : 0f,
            left > 3 ? pages.Values[at + 3] : 0f);
    }

    private static float Max(in Float4 scores) => MathF.Max(MathF.Max(scores.X, scores.Y), MathF.Max(scores.Z, scores.W));

    private static float Sum(in Float4 weights) => weights.X + weights.Y + weights.Z + weights.W;

    private static Float4 Exp(Float4 scores, float shift) => new(
        AttentionPower.Exp(scores.X - shift),
        AttentionPower.Exp(scores.Y - shift),
        AttentionPower.Exp(scores.Z - shift),
        AttentionPower.Exp(scores.W - shift));
}
