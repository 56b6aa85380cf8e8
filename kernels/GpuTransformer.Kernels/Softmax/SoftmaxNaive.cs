using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Softmax, one thread a row: three passes over the row.</summary>
internal static class SoftmaxNaive
{
    /// <remarks>
    /// Computes: y = softmax(scale · x + mask) over the row's interval, 0 outside.
    /// Shapes: x, y (rows, width); mask (rows / RowsPerMask, width).
    /// Group: Group.DimX rows, one a thread. Shared: none. Barriers: none.
    /// Numerics: maximum, then <see cref="RowFold"/>'s order for the sum of exp(score - maximum), then · 1 / sum.
    /// Edges: an empty interval or only -infinity gives zeros; NaN gives a row of NaN inside the interval.
    /// Cost: about 30 flops and 12 + 4 bytes an element (more reads with a mask), uncoalesced.
    /// </remarks>
    public static void Kernel(SoftmaxArgs args)
    {
        var row = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)row >= (uint)args.Rows.Count)
        {
            return;
        }

        var line = SoftmaxRow.Find(args, row, true);
        var max = float.NegativeInfinity;
        for (var i = line.Begin; i < line.End; i++)
        {
            max = GroupReduction.Larger(max, line.Score(i));
        }

        Weights weights;
        weights.Line = line;
        weights.Shift = SoftmaxRow.Shift(max);
        var inverse = SoftmaxRow.Inverse(RowFoldAlone<Weights>.Sum(weights, RowTeams.LanesFor(args.Width)));
        for (var i = 0; i < args.Width; i++)
        {
            line.Store(i, i >= line.Begin && i < line.End ? weights.At(i) * inverse : 0f);
        }
    }

    private struct Weights : IRowLane
    {
        public SoftmaxRow Line;
        public float Shift;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly float At(int column) => SoftmaxExp.Exp(Line.Score(column) - Shift);

        public readonly float Sum(int lane, int lanes)
        {
            var strands = default(Float4);
            for (var column = 4 * lane; column < Line.End; column += 4 * lanes)
            {
                strands += new Float4(Inside(column), Inside(column + 1), Inside(column + 2), Inside(column + 3));
            }

            return RowFold.Lane(strands);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly float Inside(int column) => column >= Line.Begin && column < Line.End ? At(column) : 0f;
    }
}
