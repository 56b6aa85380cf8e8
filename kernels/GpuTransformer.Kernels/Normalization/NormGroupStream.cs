using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm and RMSNorm, one group a row of any width and alignment: the row is read two or three times, mostly
/// from the caches.</summary>
internal static class NormGroupStream<TKind>
    where TKind : struct, INormKind
{
    public const int MostThreads = 256;

    /// <remarks>
    /// Computes: s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias; RMSNorm: mean = 0.
    /// Shapes: x, residual, sum, y (rows, width); weight, bias (width).
    /// Group: one row; thread t takes columns t, t + Group.DimX, ...
    /// Shared: the reductions' scratch. Barriers: 4 (LayerNorm), 2 (RMSNorm).
    /// Numerics: the mean first, then the squares of the differences; each thread sums its columns in ascending order,
    /// then <see cref="GroupReduction"/>'s order.
    /// Edges: y may be x or the residual, and so may the sum: a column is read and written by one thread.
    /// Cost: about 8 flops and 4 + 4 bytes an element from memory where the row stays in a cache (4 more each for the
    /// residual and the sum).
    /// </remarks>
    public static void Kernel(NormArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var sum = 0f;
        var squares = 0f;
        for (var i = Group.IdxX; i < args.Width; i += Group.DimX)
        {
            var s = NormRow.LoadFirst(args, row, i);
            sum += s;
            squares += s * s;
        }

        var mean = 0f;
        if (TKind.SubtractsMean)
        {
            mean = GroupReduction.Sum(scratch, sum) / args.Width;
            squares = 0f;
            for (var i = Group.IdxX; i < args.Width; i += Group.DimX)
            {
                var d = NormRow.LoadAgain(args, row, i) - mean;
                squares += d * d;
            }
        }

        var inverse = NormRow.InverseDeviation(args, GroupReduction.Sum(scratch, squares));
        for (var i = Group.IdxX; i < args.Width; i += Group.DimX)
        {
            NormRow.Store(args, row, i, (NormRow.LoadAgain(args, row, i) - mean) * inverse);
        }
    }
}
