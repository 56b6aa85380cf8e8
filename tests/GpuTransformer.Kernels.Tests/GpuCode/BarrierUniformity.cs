namespace GpuTransformer.Kernels.Tests;

/// <summary>Whether all threads of a group reach each barrier together, as far as the code shows: no barrier may
/// depend on a branch whose condition differs between threads.</summary>
/// <remarks>
/// Values differ that come from the thread's own number, from a shuffle or an atomic operation, from memory at an address
/// that differs, and those that are set where only some threads pass. A value loaded from one address for all is one
/// value. The analysis may take equal values for different ones, never the other way round, as long as no thread
/// writes what another is reading (which the race check of the stand-in looks for). It follows the flow, since ILGPU
/// gives one register to many values.
/// </remarks>
internal sealed class BarrierUniformity
{
    private readonly PtxFlow _flow;

    /// <summary>Registers that differ between threads where a block begins.</summary>
    private readonly HashSet<string>[] _varying;

    /// <summary>Blocks whose branch goes different ways for different threads.</summary>
    private readonly bool[] _parts;

    /// <summary>Blocks that some threads may run while others do not.</summary>
    private readonly bool[] _isPartial;

    /// <summary>Blocks for which something new is known since they were walked.</summary>
    private readonly bool[] _isNew;

    private BarrierUniformity(PtxFlow flow)
    {
        _flow = flow;
        _varying = [.. flow.Blocks.Select(_ => new HashSet<string>(StringComparer.Ordinal))];
        _parts = new bool[flow.Blocks.Count];
        _isPartial = new bool[flow.Blocks.Count];
        _isNew = [.. flow.Blocks.Select(_ => true)];
    }

    /// <summary>The barriers that may be reached by a part of a group, as they are written.</summary>
    public static IReadOnlyList<string> Faults(string ptx)
    {
        var analysis = new BarrierUniformity(PtxFlow.Of(ptx));
        while (analysis.Spread())
        {
        }

        return [.. Enumerable.Range(0, analysis._parts.Length).SelectMany(analysis.FaultsOf)];
    }

    /// <summary>One walk over the blocks; false when it found nothing new.</summary>
    private bool Spread()
    {
        var isChanged = false;
        for (var block = 0; block < _parts.Length; block++)
        {
            if (!_isPartial[block] && _flow.DependsOn[block].Any(on => _isPartial[on] || _parts[on]))
            {
                _isPartial[block] = true;
                _isNew[block] = true;
            }

            if (_isNew[block])
            {
                _isNew[block] = false;
                isChanged = true;
                Walk(block);
            }
        }

        return isChanged;
    }

    private void Walk(int block)
    {
        var varying = new HashSet<string>(_varying[block], StringComparer.Ordinal);
        foreach (var instruction in _flow.Blocks[block].Instructions)
        {
            Step(instruction, _isPartial[block], varying);
        }

        _parts[block] |= _flow.Blocks[block].Next.Count > 1 && varying.Contains(_flow.Blocks[block].Condition);
        foreach (var next in _flow.Blocks[block].Next)
        {
            var count = _varying[next].Count;
            _varying[next].UnionWith(varying);
            _isNew[next] |= _varying[next].Count > count;
        }
    }

    private static void Step(PtxInstruction instruction, bool isPartial, HashSet<string> varying)
    {
        if (isPartial || IsOwn(instruction) || instruction.Reads.Any(varying.Contains))
        {
            varying.UnionWith(instruction.Writes);
        }
        else if (instruction.Guard.Length == 0)
        {
            varying.ExceptWith(instruction.Writes);
        }
    }

    private IEnumerable<string> FaultsOf(int block)
    {
        var varying = new HashSet<string>(_varying[block], StringComparer.Ordinal);
        foreach (var instruction in _flow.Blocks[block].Instructions)
        {
            if (instruction.Is("bar") && (_isPartial[block] || varying.Contains(instruction.Guard)))
            {
                yield return $"block {block}: {instruction.Text}";
            }

            Step(instruction, _isPartial[block], varying);
        }
    }

    private static bool IsOwn(PtxInstruction instruction) =>
        instruction.Is("shfl") || instruction.Is("atom") || instruction.Is("vote") || instruction.Is("activemask") ||
        instruction.Reads.Any(register => register.StartsWith("%tid", StringComparison.Ordinal) ||
            register.StartsWith("%lane", StringComparison.Ordinal) || register.StartsWith("%warpid", StringComparison.Ordinal));
}
