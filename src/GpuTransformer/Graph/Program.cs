namespace GpuTransformer.Graph;

/// <summary>What a model does in one run, as immutable data: nodes in order, tensors with their places, tables that the
/// host fills. Any number of sessions run it; dump, trace and the CPU pass are readers of it.</summary>
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
        StateSlots = stateSlots;
        TableLength = tables.Count == 0 ? 0 : tables[^1].Offset + tables[^1].Length;
        (Offsets, ArenaElements, LeastElements) = Plan(replacements);
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

    /// <summary>Integers of the run state: the status word first, then the rows in use of each space.</summary>
    public int StateSlots { get; }

    /// <summary>Integers of all tables.</summary>
    public int TableLength { get; }

    /// <summary>Offset of each tensor in the arena, in elements; -1 for a persistent one.</summary>
    public IReadOnlyList<long> Offsets { get; }

    /// <summary>Size of the arena, in elements.</summary>
    public long ArenaElements { get; }

    /// <summary>The most elements that are alive at one node: what the arena cannot be smaller than.</summary>
    public long LeastElements { get; }

    private (long[] Offsets, long Elements, long Least) Plan(IReadOnlyList<Replacement> replacements)
    {
        var first = Enumerable.Repeat(int.MaxValue, Tensors.Count).ToArray();
        var last = Enumerable.Repeat(-1, Tensors.Count).ToArray();
        for (var n = 0; n < Nodes.Count; n++)
        {
            foreach (var tensor in Nodes[n].Reads.Concat(Nodes[n].Writes))
            {
                first[tensor.Id] = Math.Min(first[tensor.Id], n);
                last[tensor.Id] = Math.Max(last[tensor.Id], n);
            }
        }

        // What the host fills lives from the start, what the host reads lives to the end.
        foreach (var input in Inputs.Values)
        {
            first[input.Tensor.Id] = 0;
            last[input.Tensor.Id] = Math.Max(0, last[input.Tensor.Id]);
        }

        foreach (var output in Outputs.Values)
        {
            last[output.Tensor.Id] = Nodes.Count;
        }

        // A tensor in another's place lives on as that one.
        var holder = Enumerable.Range(0, Tensors.Count).ToArray();
        foreach (var (node, from, to) in replacements)
        {
            if (last[from.Id] == node)
            {
                holder[to.Id] = holder[from.Id];
                last[holder[to.Id]] = last[to.Id];
            }
        }

        var arena = Tensors.Where(t => t.Place == TensorPlace.Arena && last[t.Id] >= 0 && holder[t.Id] == t.Id).ToArray();
        var intervals = Array.ConvertAll(arena, t => new ArenaPlanner.Interval(t.Id, t.Elements, first[t.Id], last[t.Id]));
        var (places, elements) = ArenaPlanner.Place(intervals);
        var offsets = Enumerable.Repeat(-1L, Tensors.Count).ToArray();
        for (var i = 0; i < arena.Length; i++)
        {
            offsets[arena[i].Id] = places[i];
        }

        return (Array.ConvertAll(holder, id => offsets[id]), elements, ArenaPlanner.MostAlive(intervals));
    }
}
