using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = x[indices[r]].
/// Shapes: x (sourceRows, width), indices (rows), y (rows, width).
/// Edges: an index outside x reads row 0 and leaves r + 1 in the status. Cost: 8 bytes an element.</summary>
internal struct GatherMap : IRowMap<GatherArgs>
{
    private int _start;

    public static int Rows(in GatherArgs args) => args.Rows.Count;

    public static int Width(in GatherArgs args) => args.Width;

    public static RowView Output(in GatherArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in GatherArgs args, int row, bool reports)
    {
        var index = IdGuard.Read(
            args.Indices, args.IndicesOffset + row, args.SourceRows, row, reports, args.Status, args.StatusSlot);
        _start = args.X.Offset + index * args.X.Stride;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in GatherArgs args, int column) => args.X.Data[_start + column];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in GatherArgs args, int column) => VectorAccess.Load(args.X.Data, _start + column, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in GatherArgs args, int column, int step)
    {
        Float4x4 quads;
        quads.A = Quad(args, column);
        quads.B = Quad(args, column + step);
        quads.C = Quad(args, column + 2 * step);
        quads.D = Quad(args, column + 3 * step);
        return quads;
    }
}
