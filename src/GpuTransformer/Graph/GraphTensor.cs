using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>A named set of rows that a run may fill up to a capacity: source tokens, patches, selected logit rows.</summary>
/// <param name="Name">Name, as reports show it.</param>
/// <param name="Capacity">The most rows a run may use.</param>
/// <param name="Slot">Which integer of the run state holds the rows in use.</param>
/// <param name="Follows">What its rows are counted from; null: the host sets them.</param>
internal sealed record RowSpace(string Name, int Capacity, int Slot, FollowedRows? Follows = null);

/// <summary>Rows that follow another space: as many as <paramref name="Base"/> has, times <paramref name="Factor"/>: the
/// positions of images.</summary>
internal sealed record FollowedRows(RowSpace Base, int Factor);

/// <summary>Where a tensor lives.</summary>
internal enum TensorPlace
{
    /// <summary>In the arena, by live range.</summary>
    Arena,

    /// <summary>In memory that outlives a run: a cache of keys and values.</summary>
    Persistent,
}

/// <summary>A float32 tensor of the graph: rows of a row space, or a block of memory (pages).</summary>
/// <param name="Id">Index in the program.</param>
/// <param name="Name">Name, as reports and errors show it.</param>
/// <param name="Rows">Its row space; null for a block of memory.</param>
/// <param name="Width">Elements of a row.</param>
/// <param name="Elements">Elements at capacity.</param>
/// <param name="Place">Where it lives.</param>
/// <param name="Space">The key slots that a block of pages belongs to; null for rows.</param>
internal sealed record ValueInfo(
    int Id, string Name, RowSpace? Rows, int Width, long Elements, TensorPlace Place, KeySpace? Space = null);

/// <summary>Columns [Column, Column + Width) of a tensor: what one operation hands to the next.</summary>
internal readonly record struct GraphTensor(ValueInfo Tensor, int Column, int Width)
{
    public RowSpace Rows => Tensor.Rows ?? throw new InvalidOperationException($"{Tensor.Name} has no rows.");

    /// <summary>Some of the columns, without a copy.</summary>
    public GraphTensor Columns(int first, int count)
    {
        if (first < 0 || count < 0 || first + count > Width)
        {
            throw new ShapeException($"{Tensor.Name}: columns [{first}, {first + count}) of {Width}.");
        }

        return new GraphTensor(Tensor, Column + first, count);
    }

    public override string ToString() => $"{Tensor.Name} [{Tensor.Rows?.Name ?? "block"} {Tensor.Rows?.Capacity}, {Width}]";
}

/// <summary>A tensor that a node may write in the place of one that it reads, where nothing later reads that one.</summary>
/// <param name="Node">Which node.</param>
/// <param name="From">What it reads.</param>
/// <param name="To">What it writes.</param>
internal readonly record struct Replacement(Node Node, ValueInfo From, ValueInfo To);

/// <summary>An integer table that the host fills before a run: ids, positions, row tables, page tables.</summary>
/// <param name="Name">Name, as a debugger shows it.</param>
/// <param name="Offset">First integer in the tables' memory; a multiple of 64 (256 bytes).</param>
/// <param name="Length">Integers.</param>
internal sealed record IntTable(string Name, int Offset, int Length);

/// <summary>Key slots of a set of sequences, behind one page table that all layers share.</summary>
/// <param name="Name">Name, as reports show it.</param>
/// <param name="Sequences">The most sequences.</param>
/// <param name="PagesPerSequence">Entries of the page table for a sequence.</param>
/// <param name="Pages">Pages in all.</param>
/// <param name="PageTable">[Sequences, PagesPerSequence].</param>
internal sealed record KeySpace(string Name, int Sequences, int PagesPerSequence, int Pages, IntTable PageTable)
{
    /// <summary>The most slots of a sequence.</summary>
    public int SlotsPerSequence => PagesPerSequence * PagedKeys.PageTokens;
}

/// <summary>Which slots of a key space each row of a row space sees.</summary>
/// <param name="Queries">The rows that ask.</param>
/// <param name="Keys">The slots they see.</param>
/// <param name="RowTable">Four integers a row: sequence, begin, end, position.</param>
/// <param name="BlockTable">Two integers a block: first row, rows.</param>
/// <param name="BlockRows">The most rows of a block.</param>
/// <param name="BlockCapacity">The most blocks.</param>
/// <param name="BlockSlot">Which integer of the run state holds the blocks in use.</param>
internal sealed record Visibility(
    RowSpace Queries, KeySpace Keys, IntTable RowTable, IntTable BlockTable, int BlockRows, int BlockCapacity, int BlockSlot);

/// <summary>Keys and values of one layer, written by one operation and read by attention.</summary>
internal sealed record LayerKeys(KeySpace Space, ValueInfo Keys, ValueInfo Values, int NumKvHeads, int HeadDim)
{
    /// <summary>The rows that the pages are written from in the same run; null: a cache, which also holds rows of other runs.</summary>
    public OwnKeys? Own { get; init; }
}

/// <summary>Rows of keys and values, and the slots they go to.</summary>
internal sealed record OwnKeys(GraphTensor Key, GraphTensor Value, IntTable WriteTable);
