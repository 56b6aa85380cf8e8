using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Softmax of rows that fit in the registers of a team of lanes: memory is read once and written once.</summary>
internal static class SoftmaxGroupRegisters<TTeam, TAccess>
    where TTeam : struct, IRowTeam
    where TAccess : struct, IRowAccess
{
    /// <remarks>
    /// Computes: y = softmax(scale · x + mask) over the row's interval, 0 outside.
    /// Shapes: x, y (rows, width ≤ 32 · lanes); mask (rows / RowsPerMask, width).
    /// Group: (lanes, rows): Group.DimY rows, one a team; lane l holds the fours l, l + lanes, ... of its row, at most 8.
    /// Shared: a float a lane each for maximum and sum, 4 more a lane where strands are exchanged: 2 to 24 KB.
    /// Barriers: 2 up to 32 lanes, else 4; one more where strands are exchanged. A row past the active ones takes part.
    /// Numerics: maximum, then <see cref="RowFold"/>'s order for the sum of exp(score - maximum), then · 1 / sum.
    /// Edges: an empty interval or only -infinity gives zeros; NaN gives a row of NaN inside the interval. y may be x: a
    /// lane writes what it has read, after barriers.
    /// Cost: 4 + 4 bytes and about 18 instructions an element, against 49 that an H200 issues while 8 bytes pass.
    /// </remarks>
    public static void Kernel(SoftmaxArgs args)
    {
        var rows = args.Rows.Count;
        if (Grid.IdxX * Group.DimY >= rows)
        {
            return;
        }

        var maxima = SharedMemory.Allocate<float>(TTeam.Threads);
        var sums = SharedMemory.Allocate<float>(TTeam.Threads);
        var partials = SharedMemory.Allocate<float>(RowFold.Partials);
        var exchange = SharedMemory.Allocate<float>(TAccess.ExchangeFloats(TTeam.Threads));
        var lane = Group.IdxX;
        var team = Group.IdxY * TTeam.Lanes;
        var row = Grid.IdxX * Group.DimY + Group.IdxY;
        var line = SoftmaxRow.Find(args, row, row < rows);
        var parts = Parts(args.Width);
        RowFours held;
        held.A = Scores(line, lane, 0, parts);
        held.B = Scores(line, lane, 1, parts);
        held.C = Scores(line, lane, 2, parts);
        held.D = Scores(line, lane, 3, parts);
        held.E = Scores(line, lane, 4, parts);
        held.F = Scores(line, lane, 5, parts);
        held.G = Scores(line, lane, 6, parts);
        held.H = Scores(line, lane, 7, parts);
        maxima[team + lane] = Largest(held);
        var shift = SoftmaxRow.Shift(RowFold.Largest(maxima.SubView(team, TTeam.Lanes), partials, TTeam.Lanes));
        var strands = default(Float4);
        strands = Weigh(ref held.A, strands, shift, 0, parts);
        strands = Weigh(ref held.B, strands, shift, 1, parts);
        strands = Weigh(ref held.C, strands, shift, 2, parts);
        strands = Weigh(ref held.D, strands, shift, 3, parts);
        strands = Weigh(ref held.E, strands, shift, 4, parts);
        strands = Weigh(ref held.F, strands, shift, 5, parts);
        strands = Weigh(ref held.G, strands, shift, 6, parts);
        strands = Weigh(ref held.H, strands, shift, 7, parts);
        sums[team + lane] = RowStrands<TTeam, TAccess>.LaneSum(exchange, strands);
        var inverse = SoftmaxRow.Inverse(RowFold.Sum(sums.SubView(team, TTeam.Lanes), partials, TTeam.Lanes));
        Store(line, lane, 0, parts, held.A, inverse);
        Store(line, lane, 1, parts, held.B, inverse);
        Store(line, lane, 2, parts, held.C, inverse);
        Store(line, lane, 3, parts, held.D, inverse);
        Store(line, lane, 4, parts, held.E, inverse);
        Store(line, lane, 5, parts, held.F, inverse);
        Store(line, lane, 6, parts, held.G, inverse);
        Store(line, lane, 7, parts, held.H, inverse);
        GroupEnd.Join();
    }

    /// <summary>Fours of a lane that any lane needs: the same branch for a whole launch.</summary>
    private static int Parts(int width) => RowStrands<TTeam, TAccess>.Parts(width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Scores(in SoftmaxRow line, int lane, int part, int parts) => part < parts
        ? line.Scores<TAccess>(TAccess.Column(part, lane, TTeam.Lanes), TAccess.Step(TTeam.Lanes))
        : Float4.Of(float.NegativeInfinity);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(in RowFours held)
    {
        var largest = RowFold.Larger(float.NegativeInfinity, held.A);
        largest = RowFold.Larger(largest, held.B);
        largest = RowFold.Larger(largest, held.C);
        largest = RowFold.Larger(largest, held.D);
        largest = RowFold.Larger(largest, held.E);
        largest = RowFold.Larger(largest, held.F);
        largest = RowFold.Larger(largest, held.G);
        return RowFold.Larger(largest, held.H);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Weigh(ref Float4 held, Float4 strands, float shift, int part, int parts)
    {
        if (part >= parts)
        {
            return strands;
        }

        held = SoftmaxRow.Weights(held, shift);
        return strands + held;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in SoftmaxRow line, int lane, int part, int parts, Float4 weights, float inverse)
    {
        if (part < parts)
        {
            line.Store<TAccess>(TAccess.Column(part, lane, TTeam.Lanes), TAccess.Step(TTeam.Lanes), weights, inverse);
        }
    }
}
