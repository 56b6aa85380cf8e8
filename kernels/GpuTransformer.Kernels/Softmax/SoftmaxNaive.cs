using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Softmax, one thread a row: three passes over the row.</summary>
internal static class SoftmaxNaive
{
    /// <remarks>
    /// Computes: y = softmax(scale · x + mask) over the row's interval, 0 outside.
    /// Shapes: x, y (rows, width); mask (rows / RowsPerMask, width).
    /// Group: Group.DimX rows, one a thread. Shared: none. Barriers: none.
    /// Numerics: maximum, then the sum of exponentials with ascending columns, then exponentials · 1/sum.
    /// Edges: an empty interval or only -infinity gives zeros; NaN gives a row of NaN inside the interval.
    /// Cost: about 40 flops and 12 + 4 bytes an element (more reads with a mask), uncoalesced.
    /// </remarks>
    public static void Kernel(SoftmaxArgs args)
    {
        var row = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)row >= (uint)args.Rows.Count)
        {
            return;
        }

        var begin = SoftmaxRow.Begin(args, row);
        var end = SoftmaxRow.End(args, row);
        var maskRow = SoftmaxRow.MaskRow(args, row);
        var max = float.NegativeInfinity;
        for (var i = begin; i < end; i++)
        {
            max = GroupReduction.Larger(max, SoftmaxRow.Score(args, row, maskRow, i));
        }

        var shift = SoftmaxRow.Shift(max);
        var sum = 0f;
        for (var i = begin; i < end; i++)
        {
            sum += FastMath.Exp(SoftmaxRow.Score(args, row, maskRow, i) - shift);
        }

        var inverse = SoftmaxRow.Inverse(sum);
        for (var i = 0; i < args.Width; i++)
        {
            var inside = i >= begin && i < end;
            args.Y[row, i] = inside ? FastMath.Exp(SoftmaxRow.Score(args, row, maskRow, i) - shift) * inverse : 0f;
        }
    }
}
