namespace GpuTransformer.Graph;

/// <summary>Where the tensors of a session lie: in one arena by live range. What none of the nodes touches that the session
/// launches takes no memory: pages of keys where attention reads the rows themselves.</summary>
internal sealed class ArenaPlan
{
    private readonly long[] _offsets;

    /// <param name="program">Whose tensors.</param>
    /// <param name="nodes">What is launched, in order.</param>
    public ArenaPlan(Program program, IReadOnlyList<LaunchNode> nodes)
    {
        var (first, last) = Lives(program, nodes);
        var touched = program.Tensors.Where(t => t.Place == TensorPlace.Arena && last[t.Id] >= 0).ToArray();
        var holders = Holders(program, nodes, last);
        var arena = Array.FindAll(touched, t => holders[t.Id] == t.Id);
        var intervals = Array.ConvertAll(arena, t => new ArenaPlanner.Interval(t.Id, t.Elements, first[t.Id], last[t.Id]));
        (var places, Elements) = ArenaPlanner.Place(intervals);
        LeastElements = ArenaPlanner.MostAlive(intervals);
        UnsharedElements = touched.Sum(t => t.Elements);
        var offsets = Enumerable.Repeat(-1L, program.Tensors.Count).ToArray();
        for (var i = 0; i < arena.Length; i++)
        {
            offsets[arena[i].Id] = places[i];
        }

        _offsets = Array.ConvertAll(holders, id => offsets[id]);
    }

    /// <summary>Size of the arena, in elements.</summary>
    public long Elements { get; }

    /// <summary>The most elements that are alive at one node: what the arena cannot be smaller than.</summary>
    public long LeastElements { get; }

    /// <summary>What the tensors would take if none shared memory.</summary>
    public long UnsharedElements { get; }

    /// <summary>Offset of a tensor in the arena, in elements; -1: it is not there.</summary>
    public int OffsetOf(ValueInfo tensor) => (int)_offsets[tensor.Id];

    /// <summary>The first and the last node that touches each tensor; -1: none does.</summary>
    private static (int[] First, int[] Last) Lives(Program program, IReadOnlyList<LaunchNode> nodes)
    {
        var first = Enumerable.Repeat(int.MaxValue, program.Tensors.Count).ToArray();
        var last = Enumerable.Repeat(-1, program.Tensors.Count).ToArray();
        for (var n = 0; n < nodes.Count; n++)
        {
            foreach (var tensor in nodes[n].Reads.Concat(nodes[n].Writes))
            {
                first[tensor.Id] = Math.Min(first[tensor.Id], n);
                last[tensor.Id] = n;
            }
        }

        // What the host fills lives from the start, what the host reads lives to the end.
        foreach (var input in program.Inputs.Values)
        {
            first[input.Tensor.Id] = 0;
            last[input.Tensor.Id] = Math.Max(0, last[input.Tensor.Id]);
        }

        foreach (var output in program.Outputs.Values)
        {
            last[output.Tensor.Id] = nodes.Count;
        }

        return (first, last);
    }

    /// <summary>Whose place each tensor takes: its own, or that of one that its node reads last, which lives on as it.</summary>
    private static int[] Holders(Program program, IReadOnlyList<LaunchNode> nodes, int[] last)
    {
        var holders = Enumerable.Range(0, program.Tensors.Count).ToArray();
        foreach (var (node, from, to) in program.Replacements)
        {
            if (last[from.Id] >= 0 && last[from.Id] < nodes.Count && nodes[last[from.Id]] == node)
            {
                holders[to.Id] = holders[from.Id];
                last[holders[to.Id]] = last[to.Id];
            }
        }

        return holders;
    }
}
