using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What the softmax kernels read of a row: its interval and its scores.</summary>
internal static class SoftmaxRow
{
    /// <summary>First column of the row's interval, in [0, width].</summary>
    public static int Begin(in SoftmaxArgs args, int row) =>
        args.HasIntervals == 0 ? 0 : Clamp(args.Intervals[2 * (row / args.RowsPerInterval)], args.Width);

    /// <summary>End of the row's interval, in [0, width]; not after the begin where the interval is empty.</summary>
    public static int End(in SoftmaxArgs args, int row) =>
        args.HasIntervals == 0 ? args.Width : Clamp(args.Intervals[2 * (row / args.RowsPerInterval) + 1], args.Width);

    /// <summary>The row of the mask that the row adds.</summary>
    public static int MaskRow(in SoftmaxArgs args, int row) => args.HasMask == 0 ? 0 : row / args.RowsPerMask;

    /// <summary>scale · x + mask at (row, column).</summary>
    public static float Score(in SoftmaxArgs args, int row, int maskRow, int column)
    {
        var score = args.X[row, column] * args.Scale;
        return args.HasMask == 0 ? score : score + args.Mask[maskRow, column];
    }

    /// <summary>What to subtract before the exponential: the maximum, or 0 where everything is masked, so that no
    /// infinity is subtracted from itself.</summary>
    public static float Shift(float max) => max == float.NegativeInfinity ? 0f : max;

    /// <summary>1 / sum; 0 where nothing was summed, so that a fully masked row gives zeros. NaN stays NaN.</summary>
    public static float Inverse(float sum) => sum == 0f ? 0f : 1f / sum;

    /// <summary>Writes 0 to the columns outside the interval; the threads of a group share the work.</summary>
    public static void ZeroOutside(in SoftmaxArgs args, int row, int begin, int end)
    {
        for (var i = Group.IdxX; i < begin; i += Group.DimX)
        {
            args.Y[row, i] = 0f;
        }

        var tail = end > begin ? end : begin;
        for (var i = tail + Group.IdxX; i < args.Width; i += Group.DimX)
        {
            args.Y[row, i] = 0f;
        }
    }

    private static int Clamp(int bound, int width) => bound < 0 ? 0 : bound > width ? width : bound;
}
