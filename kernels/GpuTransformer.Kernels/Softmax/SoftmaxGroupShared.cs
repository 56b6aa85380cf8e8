using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>How many columns of a row a kernel keeps in shared memory. Two sizes: shared memory that is not used would
/// only lower how many groups a multiprocessor holds.</summary>
internal interface IRowCapacity
{
    static abstract int Columns { get; }
}

/// <summary>4 KB of shared memory.</summary>
internal struct Columns1024 : IRowCapacity
{
    public static int Columns => 1024;
}

/// <summary>16 KB of shared memory.</summary>
internal struct Columns4096 : IRowCapacity
{
    public static int Columns => 4096;
}

/// <summary>Softmax, one group a row that fits in shared memory: the row is read once.</summary>
internal static class SoftmaxGroupShared<TCapacity>
    where TCapacity : struct, IRowCapacity
{
    /// <remarks>
    /// Computes: y = softmax(scale · x + mask) over the row's interval, 0 outside.
    /// Shapes: x, y (rows, width ≤ TCapacity.Columns); mask (rows / RowsPerMask, width).
    /// Group: one row; thread t takes columns begin + t, begin + t + Group.DimX, ...
    /// Shared: the row and the reductions' scratch. Barriers: 4.
    /// Numerics: each thread sums its columns in ascending order, then <see cref="GroupReduction"/>'s order.
    /// Edges: an empty interval or only -infinity gives zeros; NaN gives a row of NaN inside the interval. y may be x.
    /// Cost: about 22 flops and 4 + 4 bytes an element.
    /// </remarks>
    public static void Kernel(SoftmaxArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var values = SharedMemory.Allocate<float>(TCapacity.Columns);
        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var begin = SoftmaxRow.Begin(args, row);
        var end = SoftmaxRow.End(args, row);
        var maskRow = SoftmaxRow.MaskRow(args, row);
        var max = float.NegativeInfinity;
        for (var i = begin + Group.IdxX; i < end; i += Group.DimX)
        {
            var score = SoftmaxRow.Score(args, row, maskRow, i);
            values[i] = score;
            max = GroupReduction.Larger(max, score);
        }

        // A thread reads back only what it wrote itself, so the row needs no barrier of its own.
        var shift = SoftmaxRow.Shift(GroupReduction.Max(scratch, max));
        var sum = 0f;
        for (var i = begin + Group.IdxX; i < end; i += Group.DimX)
        {
            var power = FastMath.Exp(values[i] - shift);
            values[i] = power;
            sum += power;
        }

        var inverse = SoftmaxRow.Inverse(GroupReduction.Sum(scratch, sum));
        for (var i = begin + Group.IdxX; i < end; i += Group.DimX)
        {
            args.Y[row, i] = values[i] * inverse;
        }

        SoftmaxRow.ZeroOutside(args, row, begin, end);
    }
}
