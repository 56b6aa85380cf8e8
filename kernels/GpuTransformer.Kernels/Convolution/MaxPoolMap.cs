using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[image, oy, ox, c] = the largest x under the kernel that is inside the image.
/// Shapes: x (images · height · width, channels), y (images · outHeight · outWidth, channels).
/// Numerics: NaN stays, as in PyTorch. Cost: kernel² comparisons and 4 · kernel² + 4 bytes an element, mostly from a
/// cache.</summary>
internal struct MaxPoolMap : IRowMap<MaxPoolArgs>
{
    private int _image;
    private int _firstLine;
    private int _endLine;
    private int _firstColumn;
    private int _endColumn;

    public static int Rows(in MaxPoolArgs args) => args.Rows.Count;

    public static int Width(in MaxPoolArgs args) => args.Channels;

    public static RowView Output(in MaxPoolArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in MaxPoolArgs args, int row, bool reports)
    {
        var outLine = row / args.OutWidth;
        var image = outLine / args.OutHeight;
        var line = (outLine - image * args.OutHeight) * args.Stride - args.Padding;
        var column = (row - outLine * args.OutWidth) * args.Stride - args.Padding;
        _image = image * args.Height;
        _firstLine = line < 0 ? 0 : line;
        _endLine = line + args.Kernel < args.Height ? line + args.Kernel : args.Height;
        _firstColumn = column < 0 ? 0 : column;
        _endColumn = column + args.Kernel < args.Width ? column + args.Kernel : args.Width;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in MaxPoolArgs args, int column)
    {
        var best = float.NegativeInfinity;
        for (var line = _firstLine; line < _endLine; line++)
        {
            for (var pixel = _firstColumn; pixel < _endColumn; pixel++)
            {
                best = Larger(best, args.X[(_image + line) * args.Width + pixel, column]);
            }
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in MaxPoolArgs args, int column)
    {
        var best = Float4.Of(float.NegativeInfinity);
        for (var line = _firstLine; line < _endLine; line++)
        {
            for (var pixel = _firstColumn; pixel < _endColumn; pixel++)
            {
                best = Larger(best, VectorAccess.Load(args.X.Data, StartOf(args, line, pixel) + column, 1));
            }
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in MaxPoolArgs args, int column, int step)
    {
        Float4x4 best;
        best.A = Float4.Of(float.NegativeInfinity);
        best.B = best.A;
        best.C = best.A;
        best.D = best.A;
        for (var line = _firstLine; line < _endLine; line++)
        {
            for (var pixel = _firstColumn; pixel < _endColumn; pixel++)
            {
                var start = StartOf(args, line, pixel) + column;
                var a = VectorAccess.Load(args.X.Data, start, 1);
                var b = VectorAccess.Load(args.X.Data, start + step, 1);
                var c = VectorAccess.Load(args.X.Data, start + 2 * step, 1);
                var d = VectorAccess.Load(args.X.Data, start + 3 * step, 1);
                best.A = Larger(best.A, a);
                best.B = Larger(best.B, b);
                best.C = Larger(best.C, c);
                best.D = Larger(best.D, d);
            }
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int StartOf(in MaxPoolArgs args, int line, int pixel) =>
        args.X.Offset + ((_image + line) * args.Width + pixel) * args.X.Stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Larger(Float4 best, Float4 x) =>
        new(Larger(best.X, x.X), Larger(best.Y, x.Y), Larger(best.Z, x.Z), Larger(best.W, x.W));

    /// <summary>The larger; NaN where either is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Larger(float best, float value) => value > best || FastMath.IsNaN(value) ? value : best;
}
