using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm and RMSNorm, one group a row of any width, for rows beyond a team's registers and for devices with
/// small groups: the row is read two or three times, mostly from the caches.</summary>
internal static class NormGroupStream<TKind, TAccess>
    where TKind : struct, INormKind
    where TAccess : struct, IRowAccess
{
    /// <remarks>
    /// Computes: s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias; RMSNorm: mean = 0.
    /// Shapes: x, residual, sum, y (rows, width); weight, bias (width).
    /// Group: one row; thread t does the work of lanes t, t + Group.DimX, ... of the row's team.
    /// Shared: two floats a lane, 4 more a lane for the exchange of strands: up to 24 KB.
    /// Barriers: 2 to 6 (RMSNorm: half).
    /// Numerics: <see cref="NormGroupRegisters{TKind, TTeam, TAccess}"/>'s, to the bit.
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

        var sums = SharedMemory.Allocate<float>(RowTeams.MostLanes);
        var squares = SharedMemory.Allocate<float>(RowTeams.MostLanes);
        var partials = SharedMemory.Allocate<float>(RowFold.Partials);
        var exchange = SharedMemory.Allocate<float>(TAccess.ExchangeFloats(RowTeams.MostLanes));
        var lanes = RowTeams.LanesFor(args.Width);
        var step = TAccess.Step(lanes);
        var line = NormRow.Find(args, row, true);
        for (var lane = Group.IdxX; lane < lanes; lane += Group.DimX)
        {
            var strands = First(line, lane, lanes, step);
            RowExchange<TAccess>.Put(exchange, sums, lane, lanes, strands);
        }

        RowExchange<TAccess>.Finish(exchange, sums, lanes);
        var mean = 0f;
        if (TKind.SubtractsMean)
        {
            mean = RowFold.Sum(sums, partials, lanes) / args.Width;
            for (var lane = Group.IdxX; lane < lanes; lane += Group.DimX)
            {
                RowExchange<TAccess>.Put(exchange, squares, lane, lanes, Squares(line, lane, lanes, step, mean));
            }

            RowExchange<TAccess>.Finish(exchange, squares, lanes);
        }

        var total = TKind.SubtractsMean ? RowFold.Sum(squares, partials, lanes) : RowFold.Sum(sums, partials, lanes);
        var inverse = NormRow.InverseDeviation(args, total);
        for (var lane = Group.IdxX; lane < lanes; lane += Group.DimX)
        {
            for (var column = TAccess.Column(0, lane, lanes); column < args.Width; column += 4 * lanes)
            {
                var value = line.Again<TAccess>(column, step);
                value = TKind.SubtractsMean ? line.Centre<TAccess>(value, mean, column, step) : value;
                line.Store<TAccess>(column, step, value, inverse);
            }
        }

        GroupEnd.Join();
    }

    /// <summary>A lane's sums (RMSNorm: squares), strand by strand, from the first reading of its columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 First(in NormRow line, int lane, int lanes, int step)
    {
        var part = 4 * lanes;
        var strands = default(Float4);
        for (var column = TAccess.Column(0, lane, lanes); column < line.Width; column += 4 * part)
        {
            // Past the row these are zeros, which change no sum.
            var a = line.First<TAccess>(column, step);
            var b = line.First<TAccess>(column + part, step);
            var c = line.First<TAccess>(column + 2 * part, step);
            var d = line.First<TAccess>(column + 3 * part, step);
            strands = Add(Add(Add(Add(strands, a), b), c), d);
        }

        return strands;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Add(Float4 strands, Float4 value) =>
        TKind.SubtractsMean ? strands + value : NormRow.AddSquares(strands, value);

    /// <summary>A lane's squares of differences, strand by strand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Squares(in NormRow line, int lane, int lanes, int step, float mean)
    {
        var part = 4 * lanes;
        var strands = default(Float4);
        for (var column = TAccess.Column(0, lane, lanes); column < line.Width; column += 4 * part)
        {
            var a = line.Again<TAccess>(column, step);
            var b = line.Again<TAccess>(column + part, step);
            var c = line.Again<TAccess>(column + 2 * part, step);
            var d = line.Again<TAccess>(column + 3 * part, step);
            strands = NormRow.AddSquares(strands, line.Centre<TAccess>(a, mean, column, step));
            strands = NormRow.AddSquares(strands, line.Centre<TAccess>(b, mean, column + part, step));
            strands = NormRow.AddSquares(strands, line.Centre<TAccess>(c, mean, column + 2 * part, step));
            strands = NormRow.AddSquares(strands, line.Centre<TAccess>(d, mean, column + 3 * part, step));
        }

        return strands;
    }
}
