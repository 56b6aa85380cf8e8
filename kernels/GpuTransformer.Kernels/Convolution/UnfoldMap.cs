using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r, (ky · kernelWidth + kx) · channels + c] = x[image, line, column, c] where position firstRow + r
/// meets the kernel's (ky, kx), 0 outside the image.
/// Shapes: y (rows, kernelHeight · kernelWidth · channels).
/// Edges: a quad lies in one pixel, whose channels are then adjacent and a multiple of four. Cost: 8 bytes an element,
/// most of the reads from a cache.</summary>
internal struct UnfoldMap : IRowMap<UnfoldArgs>
{
    private int _image;
    private int _line;
    private int _column;

    public static int Rows(in UnfoldArgs args) => args.Rows.Count;

    public static int Width(in UnfoldArgs args) => args.RowWidth;

    public static RowView Output(in UnfoldArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in UnfoldArgs args, int row, bool reports)
    {
        var position = args.FirstRow + row;
        var line = position / args.OutWidth;
        var image = line / args.OutHeight;
        _image = args.XOffset + image * args.ImageStride;
        _line = (line - image * args.OutHeight) * args.StrideHeight - args.PaddingHeight;
        _column = (position - line * args.OutWidth) * args.StrideWidth - args.PaddingWidth;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in UnfoldArgs args, int column)
    {
        var tap = column / args.Channels;
        var pixel = PixelOf(args, tap);
        return pixel < 0 ? 0f : args.X[pixel + (column - tap * args.Channels) * args.ChannelStride];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in UnfoldArgs args, int column)
    {
        var tap = column / args.Channels;
        var pixel = PixelOf(args, tap);
        return pixel < 0 ? default : VectorAccess.Load(args.X, pixel + column - tap * args.Channels, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in UnfoldArgs args, int column, int step)
    {
        Float4x4 quads;
        quads.A = Quad(args, column);
        quads.B = Quad(args, column + step);
        quads.C = Quad(args, column + 2 * step);
        quads.D = Quad(args, column + 3 * step);
        return quads;
    }

    /// <summary>Where the first channel of the pixel under a tap is; -1 outside the image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int PixelOf(in UnfoldArgs args, int tap)
    {
        var down = tap / args.KernelWidth;
        var line = _line + down * args.DilationHeight;
        var column = _column + (tap - down * args.KernelWidth) * args.DilationWidth;
        if (line < 0 || line >= args.Height || column < 0 || column >= args.Width)
        {
            return -1;
        }

        return _image + line * args.LineStride + column * args.ColumnStride;
    }
}
