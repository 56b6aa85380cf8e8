using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[map, oy, ox, c] = x[map, nearest(oy), nearest(ox), c] [+ added[map / repeat, oy, ox, c]].
/// Shapes: x (maps · height · width, channels), y (maps · outHeight · outWidth, channels). Cost: 8 bytes an element, 4
/// more with an addend.</summary>
internal struct UpsampleMap : IRowMap<UpsampleArgs>
{
    private int _start;
    private int _added;

    public static int Rows(in UpsampleArgs args) => args.Rows.Count;

    public static int Width(in UpsampleArgs args) => args.Channels;

    public static RowView Output(in UpsampleArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in UpsampleArgs args, int row, bool reports)
    {
        var line = row / args.OutWidth;
        var map = line / args.OutHeight;
        var y = UpsampleArgs.Nearest(line - map * args.OutHeight, args.ScaleHeight, args.Height);
        var x = UpsampleArgs.Nearest(row - line * args.OutWidth, args.ScaleWidth, args.Width);
        _start = args.X.Offset + ((map * args.Height + y) * args.Width + x) * args.X.Stride;

        // The row at the same place of image map / repeat.
        var before = (map - map / args.Repeat) * args.OutHeight * args.OutWidth;
        _added = args.Added.Offset + (row - before) * args.Added.Stride;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in UpsampleArgs args, int column)
    {
        var value = args.X.Data[_start + column];
        return args.HasAdded == 0 ? value : value + args.Added.Data[_added + column];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in UpsampleArgs args, int column)
    {
        var x = VectorAccess.Load(args.X.Data, _start + column, 1);
        if (args.HasAdded == 0)
        {
            return x;
        }

        var added = VectorAccess.Load(args.Added.Data, _added + column, 1);
        return new Float4(x.X + added.X, x.Y + added.Y, x.Z + added.Z, x.W + added.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in UpsampleArgs args, int column, int step)
    {
        Float4x4 quads;
        quads.A = Quad(args, column);
        quads.B = Quad(args, column + step);
        quads.C = Quad(args, column + 2 * step);
        quads.D = Quad(args, column + 3 * step);
        return quads;
    }
}
