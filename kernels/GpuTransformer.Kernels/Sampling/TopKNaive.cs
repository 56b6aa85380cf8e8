using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Top-k with one thread a row.
/// Computes: the k first elements of the row by value, then index, NaN last.
/// Shapes: x (rows, width), indices and values (rows, k). Edges: a row with NaN leaves row + 1 in the status.
/// Cost: k passes over the row.</summary>
internal static class TopKNaive
{
    public static void Kernel(TopKArgs args)
    {
        var row = Grid.IdxX * Group.DimX + Group.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var x = args.X.Offset + row * args.X.Stride;
        var sawNaN = false;
        var last = TopKElement.First;
        for (var rank = 0; rank < args.K; rank++)
        {
            var best = TopKElement.None;
            for (var column = 0; column < args.Width; column++)
            {
                var value = args.X.Data[x + column];
                sawNaN |= FastMath.IsNaN(value);
                var element = TopKElement.Of(value, column);
                if (last.IsBefore(element) && element.IsBefore(best))
                {
                    best = element;
                }
            }

            args.Indices[args.IndicesOffset + row * args.K + rank] = best.Index;
            args.Values[args.ValuesOffset + row * args.K + rank] = args.X.Data[x + best.Index];
            last = best;
        }

        if (sawNaN)
        {
            Atomic.Max(ref args.Status[args.StatusSlot], row + 1);
        }
    }
}
