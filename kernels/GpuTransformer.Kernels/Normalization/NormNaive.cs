using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm and RMSNorm, one thread a row.</summary>
internal static class NormNaive<TKind>
    where TKind : struct, INormKind
{
    /// <remarks>
    /// Computes: s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias; RMSNorm: mean = 0.
    /// Shapes: x, residual, sum, y (rows, width); weight, bias (width).
    /// Group: Group.DimX rows, one a thread. Shared: none. Barriers: none.
    /// Numerics: the mean first, then the squares of the differences (large means lose nothing), ascending columns.
    /// Edges: y may be x or the residual, and so may the sum; NaN fills its row.
    /// Cost: about 8 flops and 12 + 4 bytes an element (8 more with a residual), uncoalesced.
    /// </remarks>
    public static void Kernel(NormArgs args)
    {
        var row = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)row >= (uint)args.Rows.Count)
        {
            return;
        }

        var sum = 0f;
        var squares = 0f;
        for (var i = 0; i < args.Width; i++)
        {
            var s = NormRow.LoadFirst(args, row, i);
            sum += s;
            squares += s * s;
        }

        var mean = 0f;
        if (TKind.SubtractsMean)
        {
            mean = sum / args.Width;
            squares = 0f;
            for (var i = 0; i < args.Width; i++)
            {
                var d = NormRow.LoadAgain(args, row, i) - mean;
                squares += d * d;
            }
        }

        var inverse = NormRow.InverseDeviation(args, squares);
        for (var i = 0; i < args.Width; i++)
        {
            NormRow.Store(args, row, i, (NormRow.LoadAgain(args, row, i) - mean) * inverse);
        }
    }
}
