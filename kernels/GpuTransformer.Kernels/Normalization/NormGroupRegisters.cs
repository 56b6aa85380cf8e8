using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm and RMSNorm of rows that fit in the registers of a team of lanes: memory is read once and written
/// once.</summary>
internal static class NormGroupRegisters<TKind, TTeam, TAccess>
    where TKind : struct, INormKind
    where TTeam : struct, IRowTeam
    where TAccess : struct, IRowAccess
{
    /// <remarks>
    /// Computes: s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias; RMSNorm: mean = 0.
    /// Shapes: x, residual, sum, y (rows, width ≤ 32 · lanes); weight, bias (width).
    /// Group: (lanes, rows): Group.DimY rows, one a team; lane l holds the fours l, l + lanes, ... of its row, at most 8.
    /// Shared: a float a lane each for sum and squares, 4 more a lane where strands are exchanged: 2 to 24 KB.
    /// Barriers: 2 up to 32 lanes, else 4 (RMSNorm: half); with strands exchanged one more a sum. A row past the active
    /// ones takes part.
    /// Numerics: the mean first, then the squares of the differences, both in <see cref="RowFold"/>'s order.
    /// Edges: y may be x or the residual, and so may the sum: a lane writes what it has read itself.
    /// Cost: about 8 flops and 4 + 4 bytes an element (4 more each for the residual and the sum).
    /// </remarks>
    public static void Kernel(NormArgs args)
    {
        var rows = args.Rows.Count;
        if (Grid.IdxX * Group.DimY >= rows)
        {
            return;
        }

        var sums = SharedMemory.Allocate<float>(TTeam.Threads);
        var squares = SharedMemory.Allocate<float>(TTeam.Threads);
        var partials = SharedMemory.Allocate<float>(RowFold.Partials);
        var exchange = SharedMemory.Allocate<float>(TAccess.ExchangeFloats(TTeam.Threads));
        var lane = Group.IdxX;
        var team = Group.IdxY * TTeam.Lanes;
        var row = Grid.IdxX * Group.DimY + Group.IdxY;
        var line = NormRow.Find(args, row, row < rows);
        var parts = RowStrands<TTeam, TAccess>.Parts(args.Width);
        var held = Load(line, lane, parts);
        if (TKind.SubtractsMean)
        {
            var strands = default(Float4) + held.A + held.B + held.C + held.D + held.E + held.F + held.G + held.H;
            sums[team + lane] = RowStrands<TTeam, TAccess>.LaneSum(exchange, strands);
            var mean = RowFold.Sum(sums.SubView(team, TTeam.Lanes), partials, TTeam.Lanes) / args.Width;
            Centre(line, ref held, mean, lane, parts);
        }

        squares[team + lane] = RowStrands<TTeam, TAccess>.LaneSum(exchange, Squares(held));
        var total = RowFold.Sum(squares.SubView(team, TTeam.Lanes), partials, TTeam.Lanes);
        Store(line, held, NormRow.InverseDeviation(args, total), lane, parts);
        GroupEnd.Join();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RowFours Load(in NormRow line, int lane, int parts)
    {
        RowFours held;
        held.A = Load(line, lane, 0, parts);
        held.B = Load(line, lane, 1, parts);
        held.C = Load(line, lane, 2, parts);
        held.D = Load(line, lane, 3, parts);
        held.E = Load(line, lane, 4, parts);
        held.F = Load(line, lane, 5, parts);
        held.G = Load(line, lane, 6, parts);
        held.H = Load(line, lane, 7, parts);
        return held;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Centre(in NormRow line, ref RowFours held, float mean, int lane, int parts)
    {
        held.A = Centre(line, held.A, mean, lane, 0, parts);
        held.B = Centre(line, held.B, mean, lane, 1, parts);
        held.C = Centre(line, held.C, mean, lane, 2, parts);
        held.D = Centre(line, held.D, mean, lane, 3, parts);
        held.E = Centre(line, held.E, mean, lane, 4, parts);
        held.F = Centre(line, held.F, mean, lane, 5, parts);
        held.G = Centre(line, held.G, mean, lane, 6, parts);
        held.H = Centre(line, held.H, mean, lane, 7, parts);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Squares(in RowFours held)
    {
        var strands = NormRow.AddSquares(default, held.A);
        strands = NormRow.AddSquares(strands, held.B);
        strands = NormRow.AddSquares(strands, held.C);
        strands = NormRow.AddSquares(strands, held.D);
        strands = NormRow.AddSquares(strands, held.E);
        strands = NormRow.AddSquares(strands, held.F);
        strands = NormRow.AddSquares(strands, held.G);
        return NormRow.AddSquares(strands, held.H);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in NormRow line, in RowFours held, float inverse, int lane, int parts)
    {
        Store(line, held.A, inverse, lane, 0, parts);
        Store(line, held.B, inverse, lane, 1, parts);
        Store(line, held.C, inverse, lane, 2, parts);
        Store(line, held.D, inverse, lane, 3, parts);
        Store(line, held.E, inverse, lane, 4, parts);
        Store(line, held.F, inverse, lane, 5, parts);
        Store(line, held.G, inverse, lane, 6, parts);
        Store(line, held.H, inverse, lane, 7, parts);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Load(in NormRow line, int lane, int part, int parts) =>
        part < parts ? line.First<TAccess>(TAccess.Column(part, lane, TTeam.Lanes), TAccess.Step(TTeam.Lanes)) : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Centre(in NormRow line, Float4 value, float mean, int lane, int part, int parts) => part < parts
        ? line.Centre<TAccess>(value, mean, TAccess.Column(part, lane, TTeam.Lanes), TAccess.Step(TTeam.Lanes))
        : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in NormRow line, Float4 value, float inverse, int lane, int part, int parts)
    {
        if (part < parts)
        {
            line.Store<TAccess>(TAccess.Column(part, lane, TTeam.Lanes), TAccess.Step(TTeam.Lanes), value, inverse);
        }
    }
}
