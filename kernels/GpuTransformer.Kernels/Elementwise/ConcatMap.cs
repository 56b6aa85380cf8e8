using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = [a[r], b[r]], columns side by side.
/// Shapes: a (rows, widthA), b (rows, widthB), y (rows, widthA + widthB).
/// Edges: where widthA is not a multiple of four, the four elements around the seam come one by one.
/// Cost: 8 bytes an element of y.</summary>
internal struct ConcatMap : IRowMap<ConcatArgs>
{
    private int _startA;
    private int _startB;

    public static int Rows(in ConcatArgs args) => args.Rows.Count;

    public static int Width(in ConcatArgs args) => args.WidthA + args.WidthB;

    public static RowView Output(in ConcatArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in ConcatArgs args, int row, bool reports)
    {
        _startA = args.A.Offset + row * args.A.Stride;
        _startB = args.B.Offset + row * args.B.Stride - args.WidthA;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in ConcatArgs args, int column) =>
        column < args.WidthA ? args.A.Data[_startA + column] : args.B.Data[_startB + column];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in ConcatArgs args, int column)
    {
        if (column + 4 <= args.WidthA)
        {
            return VectorAccess.Load(args.A.Data, _startA + column, 1);
        }

        return column >= args.WidthA
            ? VectorAccess.Load(args.B.Data, _startB + column, 1)
            : new Float4(
                Element(args, column), Element(args, column + 1), Element(args, column + 2), Element(args, column + 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in ConcatArgs args, int column, int step)
    {
        Float4x4 quads;
        quads.A = Quad(args, column);
        quads.B = Quad(args, column + step);
        quads.C = Quad(args, column + 2 * step);
        quads.D = Quad(args, column + 3 * step);
        return quads;
    }
}
