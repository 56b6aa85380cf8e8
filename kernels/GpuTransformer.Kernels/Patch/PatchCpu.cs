using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Cuts images into patches: y[b · patches + p, (c · patchHeight + i) · patchWidth + j] =
/// pixels[b, c, row(p) · patchHeight + i, column(p) · patchWidth + j].
/// <para>Shapes: pixels [batch, channels, height, width], y (batch · patches, channels · patchHeight · patchWidth). A
/// tile owns one row of patches of one image.</para>
/// <para>Cost: 8 bytes an element.</para></summary>
internal static unsafe class PatchCpu
{
    internal struct Args
    {
        public float* Pixels;
        public RowPointer Y;
        public RowCountPointer Images;
        public int Channels;
        public int Height;
        public int Width;
        public int PatchHeight;
        public int PatchWidth;
    }

    public static CpuVariant<PatchArgs> Variant { get; } =
        new CpuVariant<PatchArgs, Args>("patch-cpu", Convert, &TileCount, &Tile);

    internal static Args Convert(in PatchArgs args) => new()
    {
        Pixels = HostAddress.Of(args.Pixels, args.PixelsOffset),
        Y = HostAddress.Of(args.Y),
        Images = HostAddress.Of(args.Images),
        Channels = args.Channels,
        Height = args.Height,
        Width = args.Width,
        PatchHeight = args.PatchHeight,
        PatchWidth = args.PatchWidth,
    };

    internal static int TileCount(void* args) =>
        ((Args*)args)->Images.Count * (((Args*)args)->Height / ((Args*)args)->PatchHeight);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile(void* args, int tile)
    {
        ref var a = ref *(Args*)args;
        var (patchRows, patchColumns) = (a.Height / a.PatchHeight, a.Width / a.PatchWidth);
        var (image, patchRow) = Math.DivRem(tile, patchRows);
        var bytes = (uint)a.PatchWidth * sizeof(float);
        for (var c = 0; c < a.Channels; c++)
        {
            for (var i = 0; i < a.PatchHeight; i++)
            {
                var from = a.Pixels + (((long)image * a.Channels + c) * a.Height + patchRow * a.PatchHeight + i) * a.Width;
                var to = a.Y.Row(tile * patchColumns) + ((long)c * a.PatchHeight + i) * a.PatchWidth;
                for (var p = 0; p < patchColumns; p++)
                {
                    Unsafe.CopyBlockUnaligned(to, from, bytes);
                    from += a.PatchWidth;
                    to += a.Y.Stride;
                }
            }
        }
    }
}
