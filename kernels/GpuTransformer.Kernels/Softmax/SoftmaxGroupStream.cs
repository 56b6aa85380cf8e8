using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Softmax, one group a row of any width, for rows beyond a team's registers and for devices with small groups.</summary>
internal static class SoftmaxGroupStream<TAccess>
    where TAccess : struct, IRowAccess
{
    /// <remarks>
    /// Computes: y = softmax(scale · x + mask) over the row's interval, 0 outside.
    /// Shapes: x, y (rows, width); mask (rows / RowsPerMask, width).
    /// Group: one row; thread t does the work of lanes t, t + Group.DimX, ... of the row's team.
    /// Shared: two floats a lane, 4 more a lane for the exchange of strands: up to 24 KB. Barriers: 2 to 5.
    /// Numerics: <see cref="SoftmaxGroupRegisters{TTeam, TAccess}"/>'s, to the bit.
    /// Edges: an empty interval or only -infinity gives zeros; NaN gives a row of NaN inside the interval. y may be x: a
    /// column is read and written by one thread.
    /// Cost: 12 + 4 bytes and about 30 instructions an element; 4 + 4 bytes from memory where the rows at work
    /// (two on a multiprocessor of an H200: 264 · 4 · width bytes) stay in the second-level cache.
    /// </remarks>
    public static void Kernel(SoftmaxArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var maxima = SharedMemory.Allocate<float>(RowTeams.MostLanes);
        var sums = SharedMemory.Allocate<float>(RowTeams.MostLanes);
        var partials = SharedMemory.Allocate<float>(RowFold.Partials);
        var lanes = RowTeams.LanesFor(args.Width);
        var step = TAccess.Step(lanes);
        var line = SoftmaxRow.Find(args, row, true);
        for (var lane = Group.IdxX; lane < lanes; lane += Group.DimX)
        {
            maxima[lane] = Largest(line, lane, lanes, step);
        }

        var shift = SoftmaxRow.Shift(RowFold.Largest(maxima, partials, lanes));
        var exchange = SharedMemory.Allocate<float>(TAccess.ExchangeFloats(RowTeams.MostLanes));
        for (var lane = Group.IdxX; lane < lanes; lane += Group.DimX)
        {
            RowExchange<TAccess>.Put(exchange, sums, lane, lanes, Strands(line, lane, lanes, step, shift));
        }

        RowExchange<TAccess>.Finish(exchange, sums, lanes);
        var inverse = SoftmaxRow.Inverse(RowFold.Sum(sums, partials, lanes));
        for (var lane = Group.IdxX; lane < lanes; lane += Group.DimX)
        {
            for (var column = TAccess.Column(0, lane, lanes); column < line.Width; column += 4 * lanes)
            {
                var weights = SoftmaxRow.Weights(line.Scores<TAccess>(column, step), shift);
                line.Store<TAccess>(column, step, weights, inverse);
            }
        }

        GroupEnd.Join();
    }

    /// <summary>The largest score of a lane's columns; four fours under way at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(in SoftmaxRow line, int lane, int lanes, int step)
    {
        var part = 4 * lanes;
        var largest = float.NegativeInfinity;
        for (var column = TAccess.Column(0, lane, lanes); column < line.Width; column += 4 * part)
        {
            var a = line.Scores<TAccess>(column, step);
            var b = line.Scores<TAccess>(column + part, step);
            var c = line.Scores<TAccess>(column + 2 * part, step);
            var d = line.Scores<TAccess>(column + 3 * part, step);
            largest = RowFold.Larger(RowFold.Larger(largest, a), b);
            largest = RowFold.Larger(RowFold.Larger(largest, c), d);
        }

        return largest;
    }

    /// <summary>The weights of a lane's columns, strand by strand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Strands(in SoftmaxRow line, int lane, int lanes, int step, float shift)
    {
        var part = 4 * lanes;
        var strands = default(Float4);
        for (var column = TAccess.Column(0, lane, lanes); column < line.Width; column += 4 * part)
        {
            var a = line.Scores<TAccess>(column, step);
            var b = line.Scores<TAccess>(column + part, step);
            var c = line.Scores<TAccess>(column + 2 * part, step);
            var d = line.Scores<TAccess>(column + 3 * part, step);
            strands += SoftmaxRow.Weights(a, shift);
            strands += SoftmaxRow.Weights(b, shift);
            strands += SoftmaxRow.Weights(c, shift);
            strands += SoftmaxRow.Weights(d, shift);
        }

        return strands;
    }
}
