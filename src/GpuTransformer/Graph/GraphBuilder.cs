using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>Records the operations of a model on symbolic tensors and checks every shape as it goes; the messages name
/// the layer, the tensor and both shapes. <see cref="Build"/> makes the program.</summary>
internal sealed partial class GraphBuilder(string name)
{
    private const int TableAlignment = 64;
    private readonly List<Node> _nodes = [];
    private readonly List<ValueInfo> _tensors = [];
    private readonly List<IntTable> _tables = [];
    private readonly List<RowSpace> _rowSpaces = [];
    private readonly List<LayerKeys> _caches = [];
    private readonly List<Replacement> _replacements = [];
    private readonly HashSet<ValueInfo> _readPages = [];
    private readonly Dictionary<string, GraphTensor> _inputs = [];
    private readonly Dictionary<string, GraphTensor> _outputs = [];
    private int _slots = 1;
    private int _tableEnd;

    /// <summary>Tables begin at multiples of 64 integers: ILGPU takes a view to start at a 256-byte boundary.</summary>
    public static int AlignTable(int length) => checked((length + TableAlignment - 1) / TableAlignment * TableAlignment);

    /// <summary>A set of rows with a capacity.</summary>
    public RowSpace Rows(string rowsName, int capacity)
    {
        if (capacity < 1)
        {
            throw new ShapeException($"{name}: {rowsName} made for {capacity} rows.");
        }

        var space = new RowSpace(rowsName, capacity, _slots++);
        _rowSpaces.Add(space);
        return space;
    }

    /// <summary>Rows that are counted from another space's: <paramref name="factor"/> for each of them.</summary>
    public RowSpace RowsFor(string rowsName, RowSpace space, int factor)
    {
        var capacity = checked(space.Capacity * factor);
        if (capacity < 1)
        {
            throw new ShapeException($"{name}: {rowsName} made for {capacity} rows.");
        }

        var rows = new RowSpace(rowsName, capacity, _slots++, new FollowedRows(space, factor));
        _rowSpaces.Add(rows);
        return rows;
    }

    /// <summary>A table of integers that the host fills.</summary>
    public IntTable Table(string tableName, int length)
    {
        var table = new IntTable(tableName, _tableEnd, Math.Max(1, length));
        _tableEnd = AlignTable(checked(_tableEnd + table.Length));
        _tables.Add(table);
        return table;
    }

    /// <summary>Key slots of up to <paramref name="sequences"/> sequences of up to <paramref name="slots"/> keys each,
    /// in at most <paramref name="pages"/> pages.</summary>
    public KeySpace Keys(string keysName, int sequences, int slots, int pages)
    {
        var perSequence = (slots + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens;
        var table = Table($"{keysName}.page_table", checked(sequences * perSequence));
        return new KeySpace(keysName, sequences, perSequence, pages, table);
    }

    /// <summary>Which keys each row of <paramref name="queries"/> sees.</summary>
    /// <param name="queries">The rows that ask.</param>
    /// <param name="keys">The slots they see.</param>
    /// <param name="stretches">The most stretches of rows that see the same sequence of keys; null: one a sequence.</param>
    public Visibility Sees(RowSpace queries, KeySpace keys, int? stretches = null)
    {
        // Where most stretches are short, as in a decoder's step, short blocks: kernels for few rows read keys once for them.
        var most = stretches ?? keys.Sequences;
        var blockRows = queries.Capacity <= (long)Session.FewRows * most ? Session.FewRows : Session.BlockRows;

        // A block ends where a stretch ends or when it is full, and holds at least one row.
        var blocks = Math.Min(queries.Capacity, queries.Capacity / blockRows + most);
        var rowTable = Table($"{queries.Name}.{keys.Name}.rows", checked(queries.Capacity * 4));
        var blockTable = Table($"{queries.Name}.{keys.Name}.blocks", checked(blocks * 2));
        return new Visibility(queries, keys, rowTable, blockTable, blockRows, blocks, _slots++);
    }

    /// <summary>A tensor that the host hands in.</summary>
    public GraphTensor Input(string inputName, RowSpace rows, int width)
    {
        var tensor = Tensor(inputName, rows, width);
        _inputs.Add(inputName, tensor);
        return tensor;
    }

    /// <summary>Marks a tensor that the host reads after the run.</summary>
    public void Output(string outputName, GraphTensor tensor) => _outputs.Add(outputName, tensor);

    /// <summary>The program of everything recorded.</summary>
    public Program Build() => new(name, _nodes, _tensors, _tables, _rowSpaces, _inputs, _outputs, _caches, _replacements, _slots);

    private GraphTensor Tensor(string tensorName, RowSpace rows, int width)
    {
        var info = new ValueInfo(
            _tensors.Count, tensorName, rows, width, (long)rows.Capacity * width, TensorPlace.Arena);
        _tensors.Add(info);
        return new GraphTensor(info, 0, width);
    }

    private ValueInfo Block(string tensorName, long elements, TensorPlace place, KeySpace space)
    {
        var info = new ValueInfo(_tensors.Count, tensorName, null, 0, elements, place, space);
        _tensors.Add(info);
        return info;
    }

    private void Add<TArgs>(
        string layer,
        IReadOnlyList<GraphTensor?> reads,
        GraphTensor write,
        Func<KernelSet, Operation<TArgs>> operation,
        Func<Session, TArgs> arguments,
        params ValueInfo[] blocks)
        where TArgs : struct =>
        _nodes.Add(new Node<TArgs>(
            layer, [.. reads.OfType<GraphTensor>().Select(t => t.Tensor), .. blocks], [write.Tensor], operation, arguments));

    /// <summary>Tells that the last node may write y over a tensor of the same shape.</summary>
    private void MayReplace(GraphTensor tensor, GraphTensor y)
    {
        if (tensor.Width == tensor.Tensor.Width)
        {
            _replacements.Add(new Replacement(_nodes[^1], tensor.Tensor, y.Tensor));
        }
    }

    private static void Expect(string layer, string what, GraphTensor tensor, RowSpace rows, int width)
    {
        if (tensor.Rows != rows || tensor.Width != width)
        {
            throw new ShapeException(
                $"{layer}: {what} {tensor.Tensor.Name} is [{tensor.Rows.Name}, {tensor.Width}], expected [{rows.Name}, {width}].");
        }
    }

    private static void ExpectLength(string layer, string what, int found, int expected)
    {
        if (found != expected)
        {
            throw new ShapeException($"{layer}: {what} has {found} elements, expected {expected}.");
        }
    }
}
