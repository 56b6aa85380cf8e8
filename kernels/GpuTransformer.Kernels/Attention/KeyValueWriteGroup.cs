using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Writes keys and values into pages, one group 16 rows of a head: keys are turned in shared memory, so that rows
/// that follow each other in a page are written side by side.</summary>
internal static class KeyValueWriteGroup<TAccess>
    where TAccess : struct, IQuadAccess
{
    /// <summary>Rows of a group: as many as a page has tokens.</summary>
    public const int Rows = PagedKeys.PageTokens;

    public const int MostThreads = 128;

    private const int RowMask = Rows - 1;
    private const int RowShift = 4;

    /// <summary>Dimensions that are turned at a time.</summary>
    private const int Dims = 64;
    private const int FourShift = 4;

    /// <summary>Odd, so that a column of the tile lies in different banks.</summary>
    private const int Stride = Dims + 1;

    /// <remarks>
    /// Computes: keys[page of (sequence, slot)][head][d][token] = key[row], values[..][token][d] = value[row].
    /// Shapes: key, value (rows, numKvHeads · headDim).
    /// Group: 16 rows (Grid.x) of one head (Grid.y). Shared: 16 by 64 keys and where each row goes.
    /// Barriers: 1, and 2 for each 64 dimensions. Numerics: a copy.
    /// Edges: a slot that is negative or past the page table is not written.
    /// Cost: 16 bytes an element, read and written in runs of at least 64 bytes where slots follow each other; 128 bits a
    /// load, and two loads under way, where heads are whole fours and rows start at multiples of 16 bytes.
    /// Limit: memory. A four takes about 50 instructions of a thread for 64 bytes: 32 bytes a clock and multiprocessor.
    /// </remarks>
    public static void Kernel(KeyValueWriteArgs args)
    {
        var firstRow = Grid.IdxX * Rows;
        var rowCount = args.Rows.Count - firstRow;
        if (rowCount <= 0)
        {
            return;
        }

        var tile = SharedMemory.Allocate<float>(Rows * Stride);
        var starts = SharedMemory.Allocate<int>(Rows);
        var tokens = SharedMemory.Allocate<int>(Rows);
        var head = Grid.IdxY;
        rowCount = rowCount > Rows ? Rows : rowCount;
        for (var r = Group.IdxX; r < Rows; r += Group.DimX)
        {
            tokens[r] = -1;
            if (r < rowCount)
            {
                Find(args, firstRow + r, head, r, starts, tokens);
            }
        }

        Group.Barrier();
        for (var firstDim = 0; firstDim < args.Pages.HeadDim; firstDim += Dims)
        {
            var column = head * args.Pages.HeadDim + firstDim;
            var dims = args.Pages.HeadDim - firstDim;
            dims = dims > Dims ? Dims : dims;
            for (var i = Group.IdxX; i < Rows << FourShift; i += Group.DimX)
            {
                var r = i >> FourShift;
                var d = 4 * (i & ((1 << FourShift) - 1));
                if (d < dims && tokens[r] >= 0)
                {
                    var to = starts[r] + tokens[r] * args.Pages.HeadDim + firstDim + d;
                    Move(args, tile.SubView(r * Stride + d, 4), firstRow + r, column + d, to, dims - d);
                }
            }

            Group.Barrier();
            for (var i = Group.IdxX; i < dims << RowShift; i += Group.DimX)
            {
                var r = i & RowMask;
                var d = i >> RowShift;
                if (tokens[r] >= 0)
                {
                    args.Pages.Keys[starts[r] + (firstDim + d) * PagedKeys.PageTokens + tokens[r]] = tile[r * Stride + d];
                }
            }

            Group.Barrier();
        }
    }

    /// <summary>Up to four dimensions of a row: the value to its place, the key to the tile.</summary>
    private static void Move(in KeyValueWriteArgs args, ArrayView<float> tile, int row, int column, int to, int left)
    {
        var keyAt = args.Key.Offset + row * args.Key.Stride + column;
        var valueAt = args.Value.Offset + row * args.Value.Stride + column;
        if (TAccess.NeedsAlignment || left >= 4)
        {
            var key = TAccess.Load(args.Key.Data, keyAt, 1);
            var value = TAccess.Load(args.Value.Data, valueAt, 1);
            TAccess.Store(args.Pages.Values, to, value);
            tile[0] = key.X;
            tile[1] = key.Y;
            tile[2] = key.Z;
            tile[3] = key.W;
        }
        else
        {
            for (var d = 0; d < left; d++)
            {
                tile[d] = args.Key.Data[keyAt + d];
                args.Pages.Values[to + d] = args.Value.Data[valueAt + d];
            }
        }
    }

    /// <summary>Where a row goes: the start of its page and its token in it.</summary>
    private static void Find(
        in KeyValueWriteArgs args, int row, int head, int r, ArrayView<int> starts, ArrayView<int> tokens)
    {
        var slot = args.WriteTable[2 * row + 1];
        if (slot >= 0 && slot < PageAddress.SlotsPerSequence(args.Pages))
        {
            starts[r] = PageAddress.KeysStart(args.Pages, PageAddress.Page(args.Pages, args.WriteTable[2 * row], slot), head);
            tokens[r] = slot & RowMask;
        }
    }
}
