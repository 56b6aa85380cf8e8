using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention for few query rows (a decoder's step): one group the lines that share a key head, up to four, and all
/// their keys.</summary>
internal static class AttentionGroupRow<TScore>
    where TScore : struct, IScorePolicy
{
    /// <summary>The most rows of a block for which four lines a group are better than a tile of 16 rows.</summary>
    public const int MostRows = 4;

    /// <summary>Bytes of shared memory, all arrays together.</summary>
    public const int SharedBytes = AttentionLines.SharedBytes + 16 * AttentionLines.Threads * AttentionLines.Count;

    private const int LineMask = AttentionLines.Count - 1;
    private const int LineShift = 2;

    /// <remarks>
    /// Computes: output = softmax(score(scale · q·k)) · v over the slots [begin, end) of a row.
    /// Shapes: q, output (rows, numHeads · headDim); keys [page][head][headDim][16], values [page][head][16][headDim].
    /// Group: up to 4 lines, (row of a block) times (head of a key head) (Grid.x: block and four lines; Grid.y: key head),
    /// and all slots, in passes of 8, 4 or 2 tiles of 64 keys. A thread scores 4 keys of 4 lines, then sums 4 dimensions of
    /// a tile's output of 4 lines, then merges 4 dimensions of a line.
    /// Shared: the queries, weights of a pass, figures a tile, the outputs of a pass: 25 KB. Barriers: 2, and 3 a pass.
    /// Numerics: the order of <see cref="AttentionGroup{TScore,TTile}"/>, and its bits.
    /// Edges: slots outside the lines' intervals are not read; a row that sees nothing gives zeros.
    /// Cost: 4 · headDim flops a (line, slot), 8 · headDim bytes a (four lines, slot).
    /// Limit: memory. 512 bytes of a warp's load bring 16 multiply-adds, one load from shared memory and about 3 other
    /// instructions; an H200 brings a multiprocessor 21 bytes a clock, so 20 of 96 issue slots, lines that there are not
    /// included. 8 loads of 16 bytes under way in each of 128 threads: 16 KB a group.
    /// </remarks>
    public static void Kernel(AttentionArgs<TScore> args)
    {
        var parts = AttentionLines.Parts(args.BlockRows, args.NumHeads, args.Pages.NumKvHeads);
        var block = Grid.IdxX / parts;
        var first = (Grid.IdxX - block * parts) << LineShift;
        if (block >= args.Blocks.Count
            || first >= args.BlockTable[2 * block + 1] * (args.NumHeads / args.Pages.NumKvHeads))
        {
            return;
        }

        var lines = AttentionLines.Allocate();
        var outputs = SharedMemory.Allocate<Float4>(AttentionLines.Threads * AttentionLines.Count);
        lines.Open(args, block, first, Grid.IdxY);
        var total = default(AttentionLineTotal);
        total.Max = float.NegativeInfinity;
        var pass = lines.Tiles << AttentionKeys.TileShift;
        for (var start = lines.From & -AttentionKeys.Tile; start < lines.To; start += pass)
        {
            AttentionLinesTile<TScore>.Weigh(args, lines, start);
            Group.Barrier();
            AttentionLinesTile<TScore>.FoldTiles(lines);
            var output = AttentionLinesTile<TScore>.Values(args, lines, start);

            // [tile][dimension four][line]: a merging thread's neighbours have the other lines.
            var to = outputs.SubView(Group.IdxX << LineShift, AttentionLines.Count);
            to[0] = output.A;
            to[1] = output.B;
            to[2] = output.C;
            to[3] = output.D;
            Group.Barrier();
            Merge(lines, outputs, ref total);
        }

        Store(args, lines, total);
        GroupEnd.Join();
    }

    /// <summary>Merges the tiles of a pass in ascending order into a thread's line (Group.IdxX mod 4) and dimensions.</summary>
    private static void Merge(in AttentionLines lines, ArrayView<Float4> outputs, ref AttentionLineTotal total)
    {
        var line = Group.IdxX & LineMask;
        var stride = AttentionLines.Count << lines.DimShift;
        var here = Group.IdxX < stride ? Group.IdxX : 0;
        var above = Group.IdxX + AttentionLines.Threads < stride ? Group.IdxX + AttentionLines.Threads : 0;
        for (var tile = 0; tile < lines.Tiles; tile++)
        {
            var merge = AttentionMerge.Of(total.Max, lines.TileMax[(tile << LineShift) + line]);
            total.Max = merge.Max;
            total.Sum = merge.Apply(total.Sum, lines.TileSum[(tile << LineShift) + line]);
            total.Output = merge.Apply(total.Output, outputs[tile * stride + here]);
            total.OutputAbove = merge.Apply(total.OutputAbove, outputs[tile * stride + above]);
        }
    }

    private static void Store(in AttentionArgs<TScore> args, in AttentionLines lines, in AttentionLineTotal total)
    {
        var line = Group.IdxX & LineMask;
        var row = lines.Row[line];
        if (row < 0)
        {
            return;
        }

        var head = lines.Head[line];
        var inverse = SoftmaxRow.Inverse(total.Sum);
        StoreFour(args, row, head, 4 * (Group.IdxX >> LineShift), total.Output, inverse);
        StoreFour(args, row, head, 4 * ((Group.IdxX + AttentionLines.Threads) >> LineShift), total.OutputAbove, inverse);
        if (Group.IdxX < AttentionLines.Count && args.LogSumExp.Data.Length > 0)
        {
            args.LogSumExp[row, head] = AttentionRow.LogSumExp(total.Max, total.Sum);
        }
    }

    private static void StoreFour(in AttentionArgs<TScore> args, int row, int head, int dim, Float4 output, float inverse)
    {
        var left = args.Pages.HeadDim - dim;
        var at = args.Output.Offset + row * args.Output.Stride + head * args.Pages.HeadDim + dim;
        if (left > 0)
        {
            args.Output.Data[at] = output.X * inverse;
        }

        if (left > 1)
        {
            args.Output.Data[at + 1] = output.Y * inverse;
        }

        if (left > 2)
        {
            args.Output.Data[at + 2] = output.Z * inverse;
        }

        if (left > 3)
        {
            args.Output.Data[at + 3] = output.W * inverse;
        }
    }
}

/// <summary>What a merging thread of a decoding group keeps of its line.</summary>
internal struct AttentionLineTotal
{
    public float Max;
    public float Sum;
    public Float4 Output;

    /// <summary>The dimensions 128 further, of heads wider than that.</summary>
    public Float4 OutputAbove;
}
