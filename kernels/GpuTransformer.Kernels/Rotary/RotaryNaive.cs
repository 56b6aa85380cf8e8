using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Rotary embedding, one thread a head of a row.</summary>
internal static class RotaryNaive
{
    /// <remarks>
    /// Computes: <see cref="RotaryArgs"/>.
    /// Shapes: x, y (rows, numHeads · headDim); table (tableRows, rotaryDim).
    /// Group: Group.DimX heads, one a thread. Shared: none. Barriers: none.
    /// Numerics: squares of the norm in ascending order.
    /// Edges: y may be x: a thread reads a pair before it writes it; a position outside the table is read as 0 and reported.
    /// Cost: 3 flops and 8 bytes an element (7 with the norm), uncoalesced.
    /// </remarks>
    public static void Kernel(RotaryArgs args)
    {
        var item = Grid.IdxX * Group.DimX + Group.IdxX;
        var row = item / args.NumHeads;
        if (item < 0 || row >= args.Rows.Count)
        {
            return;
        }

        var headIndex = item - row * args.NumHeads;
        var head = RotaryHead.Find(args, row, headIndex, headIndex == 0);
        var inverse = 1f;
        if (args.HasNorm != 0)
        {
            var squares = 0f;
            for (var d = 0; d < args.HeadDim; d++)
            {
                squares += head.Raw(d) * head.Raw(d);
            }

            inverse = RotaryHead.Inverse(args, squares);
        }

        var half = args.RotaryDim >> 1;
        for (var d = 0; d < half; d++)
        {
            head.Turn(args, d, half, inverse);
        }

        for (var d = args.RotaryDim; d < args.HeadDim; d++)
        {
            head.Copy(args, d, inverse);
        }
    }
}
