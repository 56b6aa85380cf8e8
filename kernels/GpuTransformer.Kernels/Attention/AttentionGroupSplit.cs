using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention for few query rows over many keys: the keys of the lines that share a key head are split over
/// groups, which leave each tile in the workspace; <see cref="AttentionGroupSplitMerge{TScore}"/> merges them.</summary>
internal static class AttentionGroupSplit<TScore>
    where TScore : struct, IScorePolicy
{
    private const int LineShift = 2;

    /// <remarks>
    /// Computes: for each tile of 64 slots that a line sees, its largest score, the sum of its weights, weights · v.
    /// Shapes: q (rows, numHeads · headDim); keys [page][head][headDim][16], values [page][head][16][headDim];
    /// workspace <see cref="AttentionPartials"/>.
    /// Group: up to 4 lines (Grid.x: block and four lines; Grid.y: key head) and one of Grid.z even parts of their tiles, in
    /// passes of 8, 4 or 2 tiles. A thread scores 4 keys of 4 lines, then sums 4 dimensions of a tile's output of 4 lines.
    /// Shared: the queries, weights of a pass, figures a tile: 17 KB. Barriers: 2, and 3 a pass.
    /// Numerics: tiles are at absolute places and computed from scratch, so what is stored does not depend on the split.
    /// Edges: slots outside the lines' intervals are not read. Cost: 4 · headDim flops a (line, slot), 8 · headDim bytes a
    /// (four lines, slot), and headDim / 16 bytes a (line, slot) to leave and fetch the tiles: 1 % with one line, 3 with four.
    /// Limit: memory, as <see cref="AttentionGroupRow{TScore}"/>.
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
        lines.Open(args, block, first, Grid.IdxY);
        var firstTile = lines.From >> AttentionKeys.TileShift;
        var tiles = ((lines.To + AttentionKeys.Tile - 1) >> AttentionKeys.TileShift) - firstTile;
        var share = (tiles + Grid.DimZ - 1) / Grid.DimZ;
        var from = (firstTile + Grid.IdxZ * share) << AttentionKeys.TileShift;

        // The last part ends with the keys; a part past them has nothing to do.
        lines.To = Math.Min(lines.To, from + (share << AttentionKeys.TileShift));
        lines.From = Math.Max(lines.From, from);
        var pass = lines.Tiles << AttentionKeys.TileShift;
        for (var start = from; start < lines.To; start += pass)
        {
            AttentionLinesTile<TScore>.Weigh(args, lines, start);
            Group.Barrier();
            AttentionLinesTile<TScore>.FoldTiles(lines);
            var output = AttentionLinesTile<TScore>.Values(args, lines, start);
            Group.Barrier();
            Store(args, lines, output, start);
        }

        GroupEnd.Join();
    }

    private static void Store(in AttentionArgs<TScore> args, in AttentionLines lines, in Float4x4 output, int start)
    {
        var inPass = Group.IdxX >> lines.DimShift;
        var four = Group.IdxX & ((1 << lines.DimShift) - 1);
        var tile = (start >> AttentionKeys.TileShift) + inPass;
        if (tile << AttentionKeys.TileShift < lines.To && 4 * four < args.Pages.HeadDim)
        {
            StoreLine(args, lines, output.A, 0, inPass, tile, four);
            StoreLine(args, lines, output.B, 1, inPass, tile, four);
            StoreLine(args, lines, output.C, 2, inPass, tile, four);
            StoreLine(args, lines, output.D, 3, inPass, tile, four);
        }
    }

    private static void StoreLine(
        in AttentionArgs<TScore> args, in AttentionLines lines, Float4 output, int line, int inPass, int tile, int four)
    {
        var row = lines.Row[line];
        if (row < 0)
        {
            return;
        }

        var at = AttentionPartials.Start(args, row, lines.Head[line], tile);
        var partials = args.Partials.Cast<Float4>();
        partials[(at >> 2) + four + 1] = output;
        if (four == 0)
        {
            args.Partials[at] = lines.TileMax[(inPass << LineShift) + line];
            args.Partials[at + 1] = lines.TileSum[(inPass << LineShift) + line];
        }
    }
}

/// <summary>The workspace of attention that is split over keys: [row][head][tile] with a maximum, a sum, two floats that are
/// not used, and the output of the tile's dimensions in fours.</summary>
internal static class AttentionPartials
{
    private const int Header = 4;

    /// <summary>Floats of one tile of a line.</summary>
    public static int Stride(int headDim) => Header + ((headDim + 3) & ~3);

    /// <summary>Tiles that the pages of a sequence have room for.</summary>
    public static int Tiles(in PagedKeys pages) =>
        (PageAddress.SlotsPerSequence(pages) + AttentionKeys.Tile - 1) >> AttentionKeys.TileShift;

    /// <summary>Floats for all rows, at capacity.</summary>
    public static long Floats<TScore>(in AttentionArgs<TScore> args)
        where TScore : struct, IScorePolicy =>
        args.RowTable.Length / 4 * args.NumHeads * Tiles(args.Pages) * Stride(args.Pages.HeadDim);

    /// <summary>Where a tile of a row and head starts.</summary>
    public static int Start<TScore>(in AttentionArgs<TScore> args, int row, int head, int tile)
        where TScore : struct, IScorePolicy =>
        ((row * args.NumHeads + head) * Tiles(args.Pages) + tile) * Stride(args.Pages.HeadDim);

    /// <summary>Where the output of a tile is.</summary>
    public static int Output(int start) => start + Header;
}
