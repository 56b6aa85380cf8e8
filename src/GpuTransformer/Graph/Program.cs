namespace GpuTransformer.Graph;

/// <summary>What a model does in one run, as immutable data: nodes in order, tensors, tables that the host fills. Any number
/// of sessions run it; dump, trace and the CPU pass are readers of it.</summary>
internal sealed class Program
{
    public Program(
        string name,
        IReadOnlyList<Node> nodes,
        IReadOnlyList<ValueInfo> tensors,
        IReadOnlyList<IntTable> tables,
        IReadOnlyList<RowSpace> rowSpaces,
        IReadOnlyDictionary<string, GraphTensor> inputs,
        IReadOnlyDictionary<string, GraphTensor> outputs,
        IReadOnlyList<LayerKeys> caches,
        IReadOnlyList<Replacement> replacements,
        int stateSlots)
    {
        Name = name;
        Nodes = nodes;
        Tensors = tensors;
        Tables = tables;
        RowSpaces = rowSpaces;
        Followers = [.. rowSpaces.Where(space => space.Follows is not null)];
        Inputs = inputs;
        Outputs = outputs;
        Caches = caches;
        Replacements = replacements;
        StateSlots = stateSlots;
        TableLength = tables.Count == 0 ? 0 : tables[^1].Offset + tables[^1].Length;
    }

    public string Name { get; }

    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyList<ValueInfo> Tensors { get; }

    public IReadOnlyList<IntTable> Tables { get; }

    public IReadOnlyList<RowSpace> RowSpaces { get; }

    /// <summary>The row spaces that follow others.</summary>
    public RowSpace[] Followers { get; }

    public IReadOnlyDictionary<string, GraphTensor> Inputs { get; }

    public IReadOnlyDictionary<string, GraphTensor> Outputs { get; }

    /// <summary>Keys and values that outlive a run, a layer each.</summary>
    public IReadOnlyList<LayerKeys> Caches { get; }

    /// <summary>Tensors that may take the place of others.</summary>
    public IReadOnlyList<Replacement> Replacements { get; }

    /// <summary>Integers of the run state: the status word first, then the rows in use of each space.</summary>
    public int StateSlots { get; }

    /// <summary>Integers of all tables.</summary>
    public int TableLength { get; }
}
