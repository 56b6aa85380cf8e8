namespace GpuTransformer.Kernels;

/// <summary>One row and head of an attention map, which is also the working memory of its softmax. A slot is read back by
/// the thread that wrote it.</summary>
internal struct AttentionMapLine
{
    public int Begin;
    public int End;
    private int _row;
    private int _head;
    private int _kvHead;
    private int _sequence;

    public static AttentionMapLine Open(in AttentionMapArgs args, int row, int head)
    {
        var place = AttentionRow.Read(args.RowTable, row, PageAddress.SlotsPerSequence(args.Pages));
        AttentionMapLine line;
        line.Begin = place.Begin;
        line.End = place.End;
        line._row = row;
        line._head = head;
        line._kvHead = head / (args.NumHeads / args.Pages.NumKvHeads);
        line._sequence = place.Sequence;
        return line;
    }

    /// <summary>Computes the scaled score of a visible slot and keeps it where the map has room.</summary>
    public readonly float StoreScore(in AttentionMapArgs args, int slot)
    {
        var score = Score(args, slot);
        if (slot < args.MapKeys)
        {
            args.Map[_row, _head * args.MapKeys + slot] = score;
        }

        return score;
    }

    /// <summary>exp(score - shift) of a visible slot, kept in the score's place.</summary>
    public readonly float StorePower(in AttentionMapArgs args, int slot, float shift)
    {
        if (slot >= args.MapKeys)
        {
            return FastMath.Exp(Score(args, slot) - shift);
        }

        var column = _head * args.MapKeys + slot;
        var power = FastMath.Exp(args.Map[_row, column] - shift);
        args.Map[_row, column] = power;
        return power;
    }

    /// <summary>The weight in place of the power; 0 where the row does not see the slot.</summary>
    public readonly void StoreWeight(in AttentionMapArgs args, int slot, float inverse)
    {
        var column = _head * args.MapKeys + slot;
        var visible = slot >= Begin && slot < End;
        args.Map[_row, column] = visible ? args.Map[_row, column] * inverse : 0f;
    }

    private readonly float Score(in AttentionMapArgs args, int slot) =>
        AttentionScore.Dot(args.Query, _row, _head, args.Pages, _sequence, slot, _kvHead) * args.Scale;
}
