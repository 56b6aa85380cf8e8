using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Four query lines (rows of a block times the heads that share a key head) that one group of a decoding kernel
/// computes, so that they share each load of a key or value.</summary>
internal struct AttentionLines
{
    /// <summary>Lines of a group.</summary>
    public const int Count = 4;

    /// <summary>Threads of a group.</summary>
    public const int Threads = 128;

    public const int MaxHeadDim = 256;

    /// <summary>Tiles of 64 keys in a pass over heads of at most 64 dimensions; half and a quarter for 128 and 256, so that
    /// a tile's dimensions, four a thread, times the tiles are the threads.</summary>
    public const int MostTiles = 8;

    /// <summary>Bytes of shared memory, all arrays together, without a kernel's own.</summary>
    public const int SharedBytes =
        16 * (MaxHeadDim + MostTiles * AttentionKeys.Tile + 2 * MostTiles * TileFours) + 4 * (2 * Threads + 5 * Count);

    /// <summary>Fours of keys of a tile.</summary>
    public const int TileFours = AttentionKeys.Tile / 4;

    /// <summary>scale · q of the lines, [dimension].</summary>
    public ArrayView<Float4> Query;

    /// <summary>Weights of the lines, [key of the pass].</summary>
    public ArrayView<Float4> Weights;

    /// <summary>Largest score of the lines in four keys, and sum of the four weights, [tile][four].</summary>
    public ArrayView<Float4> Maxima;
    public ArrayView<Float4> Sums;

    /// <summary>Largest score and sum of the weights, [tile][line], and again up to the number of threads.</summary>
    public ArrayView<float> TileMax;
    public ArrayView<float> TileSum;

    /// <summary>What each line sees, and where it is; a line that there is not sees nothing.</summary>
    public ArrayView<int> Begin;
    public ArrayView<int> End;
    public ArrayView<int> Position;
    public ArrayView<int> Row;
    public ArrayView<int> Head;

    /// <summary>Slots that some line sees lie in [From, To).</summary>
    public int From;
    public int To;

    public int Sequence;
    public int KvHead;

    /// <summary>log2 of the threads that share a tile's values.</summary>
    public int DimShift;

    /// <summary>Tiles of a pass.</summary>
    public readonly int Tiles => Threads >> DimShift;

    /// <summary>Groups that share the lines of a block and key head.</summary>
    public static int Parts(int blockRows, int numHeads, int numKvHeads) =>
        (blockRows * (numHeads / numKvHeads) + Count - 1) >> 2;

    /// <summary>log2 of the threads that share a tile's values, for a head.</summary>
    public static int DimShiftOf(int headDim) => headDim <= 64 ? 4 : headDim <= 128 ? 5 : 6;

    public static AttentionLines Allocate()
    {
        var lines = default(AttentionLines);
        lines.Query = SharedMemory.Allocate<Float4>(MaxHeadDim);
        lines.Weights = SharedMemory.Allocate<Float4>(MostTiles * AttentionKeys.Tile);
        lines.Maxima = SharedMemory.Allocate<Float4>(MostTiles * TileFours);
        lines.Sums = SharedMemory.Allocate<Float4>(MostTiles * TileFours);
        lines.TileMax = SharedMemory.Allocate<float>(Threads);
        lines.TileSum = SharedMemory.Allocate<float>(Threads);
        lines.Begin = SharedMemory.Allocate<int>(Count);
        lines.End = SharedMemory.Allocate<int>(Count);
        lines.Position = SharedMemory.Allocate<int>(Count);
        lines.Row = SharedMemory.Allocate<int>(Count);
        lines.Head = SharedMemory.Allocate<int>(Count);
        return lines;
    }

    /// <summary>Reads four lines of a block and key head, from line <paramref name="first"/> on. Barriers: 2.</summary>
    public void Open<TScore>(in AttentionArgs<TScore> args, int block, int first, int kvHead)
        where TScore : struct, IScorePolicy
    {
        var firstRow = args.BlockTable[2 * block];
        var rowCount = args.BlockTable[2 * block + 1];
        var slots = PageAddress.SlotsPerSequence(args.Pages);
        var heads = args.NumHeads / args.Pages.NumKvHeads;
        var headDim = args.Pages.HeadDim;
        Sequence = args.RowTable[4 * firstRow];
        KvHead = kvHead;
        DimShift = DimShiftOf(headDim);
        if (Group.IdxX < Count)
        {
            var line = first + Group.IdxX;
            var inBlock = line / heads;
            var place = default(AttentionRow);
            if (inBlock < rowCount)
            {
                place = AttentionRow.Read(args.RowTable, firstRow + inBlock, slots);
            }

            Begin[Group.IdxX] = place.Begin;
            End[Group.IdxX] = place.End;
            Position[Group.IdxX] = place.Position;
            Row[Group.IdxX] = inBlock < rowCount ? firstRow + inBlock : -1;
            Head[Group.IdxX] = kvHead * heads + line - inBlock * heads;
        }

        Group.Barrier();
        From = slots;
        To = 0;
        var query = Query.Cast<float>();
        for (var line = 0; line < Count; line++)
        {
            From = End[line] > 0 ? Math.Min(From, Begin[line]) : From;
            To = Math.Max(To, End[line]);
            for (var d = Group.IdxX; d < headDim; d += Threads)
            {
                query[Count * d + line] = Row[line] < 0 ? 0f : args.Query[Row[line], Head[line] * headDim + d] * args.Scale;
            }
        }

        Group.Barrier();
    }
}
