using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[map, oy, ox, c] = x[map, nearest(oy), nearest(ox), c] [+ added[map / repeat, oy, ox, c]].
/// <para>Shapes: x (maps · height · width, channels), y (maps · outHeight · outWidth, channels). A tile owns some whole
/// rows of y.</para>
/// <para>Cost: 8 bytes an element, 4 more with an addend.</para></summary>
internal unsafe struct UpsampleCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer X;
        public RowPointer Added;
        public RowPointer Y;
        public RowCountPointer Rows;
        public int Channels;
        public int Height;
        public int Width;
        public int OutHeight;
        public int OutWidth;
        public int Repeat;
        public float ScaleHeight;
        public float ScaleWidth;
    }

    public static CpuVariant<UpsampleArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<UpsampleArgs> ForWidth(int bits) =>
        SimdVariant.Of<UpsampleCpu, UpsampleArgs, Args>("upsample-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in UpsampleArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Added = args.HasAdded == 0 ? default : HostAddress.Of(args.Added),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        Channels = args.Channels,
        Height = args.Height,
        Width = args.Width,
        OutHeight = args.OutHeight,
        OutWidth = args.OutWidth,
        Repeat = args.Repeat,
        ScaleHeight = args.ScaleHeight,
        ScaleWidth = args.ScaleWidth,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Channels);

    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Channels);
        for (var r = first; r < end; r++)
        {
            var (line, column) = Math.DivRem(r, a.OutWidth);
            var (map, oy) = Math.DivRem(line, a.OutHeight);
            var x = a.X.Row(
                (map * a.Height + UpsampleArgs.Nearest(oy, a.ScaleHeight, a.Height)) * a.Width
                + UpsampleArgs.Nearest(column, a.ScaleWidth, a.Width));
            if (a.Added.IsNull)
            {
                Unsafe.CopyBlockUnaligned(a.Y.Row(r), x, (uint)a.Channels * sizeof(float));
            }
            else
            {
                // The row at the same place of image map / repeat.
                var before = (map - map / a.Repeat) * a.OutHeight * a.OutWidth;
                AddCpu.Row<TSimd, TVector>(x, a.Added.Row(r - before), a.Y.Row(r), a.Channels);
            }
        }
    }
}
