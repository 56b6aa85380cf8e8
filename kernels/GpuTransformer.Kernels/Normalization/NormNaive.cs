using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm and RMSNorm, one thread a row.</summary>
internal static class NormNaive<TKind>
    where TKind : struct, INormKind
{
    /// <remarks>
    /// Computes: s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias; RMSNorm: mean = 0.
    /// Shapes: x, residual, sum, y (rows, width); weight, bias (width).
    /// Group: Group.DimX rows, one a thread. Shared: none. Barriers: none.
    /// Numerics: the mean first, then the squares of the differences (large means lose nothing), both in
    /// <see cref="RowFold"/>'s order. Edges: y may be x or the residual, and so may the sum; NaN fills its row.
    /// Cost: about 8 flops and 12 + 4 bytes an element (8 more with a residual), uncoalesced.
    /// </remarks>
    public static void Kernel(NormArgs args)
    {
        var row = Grid.IdxX * Group.DimX + Group.IdxX;
        if ((uint)row >= (uint)args.Rows.Count)
        {
            return;
        }

        var lanes = RowTeams.LanesFor(args.Width);
        Elements elements;
        elements.Line = NormRow.Find(args, row, true);
        elements.Mean = 0f;
        elements.Squared = 0;
        for (var i = 0; args.HasSum != 0 && i < args.Width; i += 4)
        {
            elements.Line.First<RowScalars>(i, 1);
        }

        if (TKind.SubtractsMean)
        {
            elements.Mean = RowFoldAlone<Elements>.Sum(elements, lanes) / args.Width;
        }

        elements.Squared = 1;
        var inverse = NormRow.InverseDeviation(args, RowFoldAlone<Elements>.Sum(elements, lanes));
        for (var i = 0; i < args.Width; i += 4)
        {
            elements.Line.Store<RowScalars>(i, 1, elements.At(i), inverse);
        }
    }

    private struct Elements : IRowLane
    {
        public NormRow Line;
        public float Mean;
        public int Squared;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Float4 At(int column) => Line.Centre<RowScalars>(Line.Again<RowScalars>(column, 1), Mean, column, 1);

        public readonly float Sum(int lane, int lanes)
        {
            var strands = default(Float4);
            for (var column = 4 * lane; column < Line.Width; column += 4 * lanes)
            {
                var value = At(column);
                strands = Squared != 0 ? NormRow.AddSquares(strands, value) : strands + value;
            }

            return RowFold.Lane(strands);
        }
    }
}
