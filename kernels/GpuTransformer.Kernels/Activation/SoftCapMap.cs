using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = cap · tanh(x / cap), element by element.
/// Shapes: x, y (rows, width); y may be x. Numerics: <see cref="FastMath.Tanh"/>; NaN stays NaN.
/// Cost: 8 bytes and about 20 flops an element.</summary>
internal struct SoftCapMap : IRowMap<SoftCapArgs>
{
    private int _start;

    public static int Rows(in SoftCapArgs args) => args.Rows.Count;

    public static int Width(in SoftCapArgs args) => args.Width;

    public static RowView Output(in SoftCapArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in SoftCapArgs args, int row, bool reports) => _start = args.X.Offset + row * args.X.Stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in SoftCapArgs args, int column) => Cap(args.X.Data[_start + column], args.Cap);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in SoftCapArgs args, int column)
    {
        var value = VectorAccess.Load(args.X.Data, _start + column, 1);
        return new Float4(
            Cap(value.X, args.Cap), Cap(value.Y, args.Cap), Cap(value.Z, args.Cap), Cap(value.W, args.Cap));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in SoftCapArgs args, int column, int step)
    {
        Float4x4 quads;
        quads.A = Quad(args, column);
        quads.B = Quad(args, column + step);
        quads.C = Quad(args, column + 2 * step);
        quads.D = Quad(args, column + 3 * step);
        return quads;
    }

    private static float Cap(float x, float cap) => cap * FastMath.Tanh(x / cap);
}
