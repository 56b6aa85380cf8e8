using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Writes keys and values into pages, one thread an element of a row.</summary>
internal static class KeyValueWriteNaive
{
    /// <remarks>
    /// Computes: keys[page of (sequence, slot)][head][d][token] = key[row], values[..][token][d] = value[row].
    /// Shapes: key, value (rows, numKvHeads · headDim).
    /// Group: Group.DimX elements, one a thread. Shared: none. Barriers: none. Numerics: a copy.
    /// Edges: a slot that is negative or past the page table is not written.
    /// Cost: 16 bytes an element; the keys are written 64 bytes apart.
    /// </remarks>
    public static void Kernel(KeyValueWriteArgs args)
    {
        var width = args.Pages.NumKvHeads * args.Pages.HeadDim;
        var item = Grid.IdxX * Group.DimX + Group.IdxX;
        var row = item / width;
        if ((uint)row >= (uint)args.Rows.Count)
        {
            return;
        }

        var sequence = args.WriteTable[2 * row];
        var slot = args.WriteTable[2 * row + 1];
        if (slot < 0 || slot >= PageAddress.SlotsPerSequence(args.Pages))
        {
            return;
        }

        var column = item - row * width;
        var head = column / args.Pages.HeadDim;
        var d = column - head * args.Pages.HeadDim;
        args.Pages.Keys[PageAddress.Key(args.Pages, sequence, slot, head) + d * PagedKeys.PageTokens] = args.Key[row, column];
        args.Pages.Values[PageAddress.Value(args.Pages, sequence, slot, head) + d] = args.Value[row, column];
    }
}
