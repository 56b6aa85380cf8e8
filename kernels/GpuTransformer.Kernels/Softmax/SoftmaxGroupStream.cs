using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Softmax, one group a row of any width: the row is read three times, mostly from the caches.</summary>
internal static class SoftmaxGroupStream
{
    public const int MostThreads = 256;

    /// <remarks>
    /// Computes: y = softmax(scale · x + mask) over the row's interval, 0 outside.
    /// Shapes: x, y (rows, width); mask (rows / RowsPerMask, width).
    /// Group: one row; thread t takes columns begin + t, begin + t + Group.DimX, ...
    /// Shared: the reductions' scratch. Barriers: 4.
    /// Numerics: each thread sums its columns in ascending order, then <see cref="GroupReduction"/>'s order.
    /// Edges: an empty interval or only -infinity gives zeros; NaN gives a row of NaN inside the interval. y may be x:
    /// a column is read and written by one thread.
    /// Cost: about 40 flops and 12 + 4 bytes an element, of which 4 + 4 from memory where the row stays in a cache.
    /// </remarks>
    public static void Kernel(SoftmaxArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var begin = SoftmaxRow.Begin(args, row);
        var end = SoftmaxRow.End(args, row);
        var maskRow = SoftmaxRow.MaskRow(args, row);
        var max = float.NegativeInfinity;
        for (var i = begin + Group.IdxX; i < end; i += Group.DimX)
        {
            max = GroupReduction.Larger(max, SoftmaxRow.Score(args, row, maskRow, i));
        }

        var shift = SoftmaxRow.Shift(GroupReduction.Max(scratch, max));
        var sum = 0f;
        for (var i = begin + Group.IdxX; i < end; i += Group.DimX)
        {
            sum += FastMath.Exp(SoftmaxRow.Score(args, row, maskRow, i) - shift);
        }

        var inverse = SoftmaxRow.Inverse(GroupReduction.Sum(scratch, sum));
        for (var i = begin + Group.IdxX; i < end; i += Group.DimX)
        {
            args.Y[row, i] = FastMath.Exp(SoftmaxRow.Score(args, row, maskRow, i) - shift) * inverse;
        }

        SoftmaxRow.ZeroOutside(args, row, begin, end);
    }
}
