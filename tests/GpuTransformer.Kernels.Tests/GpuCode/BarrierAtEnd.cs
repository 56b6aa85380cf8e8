namespace GpuTransformer.Kernels.Tests;

/// <summary>Whether a kernel whose groups may leave before its barriers stores anything after the last one: PoCL then takes
/// the branches on the way to the end for barriers (see <see cref="GroupEnd"/>).</summary>
internal static class BarrierAtEnd
{
    /// <summary>Stores with a barrier before and none after them, in kernels that may end without one.</summary>
    public static IReadOnlyList<string> Faults(string ptx)
    {
        var blocks = PtxFlow.Of(ptx).Blocks;
        var toEnd = EndWithoutBarrier(blocks);
        if (!toEnd[0])
        {
            return [];
        }

        var afterBarrier = AfterBarrier(blocks);
        return [.. Enumerable.Range(0, blocks.Count).SelectMany(block => StoresOf(blocks[block], afterBarrier[block], EndsFrom(blocks, toEnd, block)))];
    }

    private static bool IsBarrier(PtxInstruction instruction) => instruction.Is("bar.sync") || instruction.Is("barrier");

    private static bool HasBarrier(PtxBlock block) => block.Instructions.Any(IsBarrier);

    /// <summary>Whether the kernel may end after a block with no barrier on the way.</summary>
    private static bool EndsFrom(IReadOnlyList<PtxBlock> blocks, bool[] toEnd, int block) =>
        blocks[block].Next.Count == 0 || blocks[block].Next.Exists(next => toEnd[next]);

    /// <summary>Of each block whether a way from its beginning leads to the end past no barrier.</summary>
    private static bool[] EndWithoutBarrier(IReadOnlyList<PtxBlock> blocks)
    {
        var found = new bool[blocks.Count];
        for (var isChanged = true; isChanged;)
        {
            isChanged = false;
            for (var block = blocks.Count - 1; block >= 0; block--)
            {
                if (!found[block] && !HasBarrier(blocks[block]) && EndsFrom(blocks, found, block))
                {
                    found[block] = true;
                    isChanged = true;
                }
            }
        }

        return found;
    }

    /// <summary>Of each block whether a way to its beginning has passed a barrier.</summary>
    private static bool[] AfterBarrier(IReadOnlyList<PtxBlock> blocks)
    {
        var found = new bool[blocks.Count];
        for (var isChanged = true; isChanged;)
        {
            isChanged = false;
            for (var block = 0; block < blocks.Count; block++)
            {
                foreach (var next in blocks[block].Next.Where(next => !found[next] && (found[block] || HasBarrier(blocks[block]))))
                {
                    found[next] = true;
                    isChanged = true;
                }
            }
        }

        return found;
    }

    private static IEnumerable<string> StoresOf(PtxBlock block, bool isAfterBarrier, bool mayEnd)
    {
        var last = block.Instructions.FindLastIndex(IsBarrier);
        return mayEnd && (isAfterBarrier || last >= 0)
            ? block.Instructions.Skip(last + 1).Where(instruction => instruction.Is("st.global")).Select(instruction => instruction.Text)
            : [];
    }
}
