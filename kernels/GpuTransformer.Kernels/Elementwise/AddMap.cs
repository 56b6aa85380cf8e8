using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = a + b, element by element.
/// Shapes: a, b, y (rows, width); y may be a or b. Cost: 12 bytes an element.</summary>
internal struct AddMap : IRowMap<AddArgs>
{
    private int _startA;
    private int _startB;

    public static int Rows(in AddArgs args) => args.Rows.Count;

    public static int Width(in AddArgs args) => args.Width;

    public static RowView Output(in AddArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in AddArgs args, int row, bool reports)
    {
        _startA = args.A.Offset + row * args.A.Stride;
        _startB = args.B.Offset + row * args.B.Stride;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in AddArgs args, int column) =>
        args.A.Data[_startA + column] + args.B.Data[_startB + column];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in AddArgs args, int column)
    {
        var a = VectorAccess.Load(args.A.Data, _startA + column, 1);
        var b = VectorAccess.Load(args.B.Data, _startB + column, 1);
        return new Float4(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in AddArgs args, int column, int step)
    {
        Float4x4 quads;
        quads.A = Quad(args, column);
        quads.B = Quad(args, column + step);
        quads.C = Quad(args, column + 2 * step);
        quads.D = Quad(args, column + 3 * step);
        return quads;
    }
}
