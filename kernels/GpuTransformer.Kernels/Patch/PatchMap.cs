using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[b · patches + p, (c · patchHeight + i) · patchWidth + j] =
/// pixels[b, c, row(p) · patchHeight + i, column(p) · patchWidth + j].
/// Shapes: pixels [batch, channels, height, width], y (batch · patches, channels · patchHeight · patchWidth).
/// Edges: a quad lies in one line of a patch, whose width is then a multiple of four. Cost: 8 bytes an element.</summary>
internal struct PatchMap : IRowMap<PatchArgs>
{
    /// <summary>Where the patch's first pixel of channel 0 is.</summary>
    private int _start;

    public static int Rows(in PatchArgs args) => args.Images.Count * PatchesOf(args);

    public static int Width(in PatchArgs args) => args.Channels * args.PatchHeight * args.PatchWidth;

    public static RowView Output(in PatchArgs args) => args.Y;

    /// <summary>Patches of an image.</summary>
    public static int PatchesOf(in PatchArgs args) => args.Height / args.PatchHeight * (args.Width / args.PatchWidth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in PatchArgs args, int row, bool reports)
    {
        var patches = PatchesOf(args);
        var image = row / patches;
        var patch = row - image * patches;
        var across = args.Width / args.PatchWidth;
        var patchRow = patch / across;
        var patchColumn = patch - patchRow * across;
        _start = args.PixelsOffset
            + (image * args.Channels * args.Height + patchRow * args.PatchHeight) * args.Width
            + patchColumn * args.PatchWidth;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in PatchArgs args, int column) => args.Pixels[PixelOf(args, column)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in PatchArgs args, int column) => VectorAccess.Load(args.Pixels, PixelOf(args, column), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in PatchArgs args, int column, int step)
    {
        Float4x4 quads;
        quads.A = Quad(args, column);
        quads.B = Quad(args, column + step);
        quads.C = Quad(args, column + 2 * step);
        quads.D = Quad(args, column + 3 * step);
        return quads;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int PixelOf(in PatchArgs args, int column)
    {
        var line = column / args.PatchWidth;
        var channel = line / args.PatchHeight;
        return _start
            + (channel * args.Height + line - channel * args.PatchHeight) * args.Width
            + column - line * args.PatchWidth;
    }
}
