using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[image, oy, ox, c] = the largest x under the kernel that is inside the image.
/// <para>Shapes: x (images · height · width, channels), y (images · outHeight · outWidth, channels). A tile owns some whole
/// rows of y.</para>
/// <para>Numerics: NaN stays, as in PyTorch. Cost: kernel² comparisons an element.</para></summary>
internal unsafe struct MaxPoolCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public RowCountPointer Rows;
        public int Channels;
        public int Height;
        public int Width;
        public int OutHeight;
        public int OutWidth;
        public int Kernel;
        public int Stride;
        public int Padding;
    }

    public static CpuVariant<MaxPoolArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<MaxPoolArgs> ForWidth(int bits) =>
        SimdVariant.Of<MaxPoolCpu, MaxPoolArgs, Args>("maxpool-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in MaxPoolArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        Channels = args.Channels,
        Height = args.Height,
        Width = args.Width,
        OutHeight = args.OutHeight,
        OutWidth = args.OutWidth,
        Kernel = args.Kernel,
        Stride = args.Stride,
        Padding = args.Padding,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Channels);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Channels);
        for (var r = first; r < end; r++)
        {
            var (outLine, ox) = Math.DivRem(r, a.OutWidth);
            var (image, oy) = Math.DivRem(outLine, a.OutHeight);
            var (line, column) = (oy * a.Stride - a.Padding, ox * a.Stride - a.Padding);
            var (lastLine, lastColumn) = (Math.Min(line + a.Kernel, a.Height), Math.Min(column + a.Kernel, a.Width));
            var y = a.Y.Row(r);
            new Span<float>(y, a.Channels).Fill(float.NegativeInfinity);
            for (var l = Math.Max(0, line); l < lastLine; l++)
            {
                for (var c = Math.Max(0, column); c < lastColumn; c++)
                {
                    Raise<TSimd, TVector>(y, a.X.Row((image * a.Height + l) * a.Width + c), a.Channels);
                }
            }
        }
    }

    /// <summary>y = the larger of y and x, NaN where either is. The maximum of registers keeps only one operand's NaN, so
    /// both orders are taken; their bits differ only where one is NaN, and NaN or anything is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Raise<TSimd, TVector>(float* y, float* x, int count)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            var (best, value) = (TSimd.Load(y + i), TSimd.Load(x + i));
            TSimd.Store(TSimd.Or(TSimd.Max(best, value), TSimd.Max(value, best)), y + i);
        }

        if (i < count)
        {
            var left = count - i;
            var (best, value) = (TSimd.LoadFirst(y + i, left), TSimd.LoadFirst(x + i, left));
            TSimd.StoreFirst(TSimd.Or(TSimd.Max(best, value), TSimd.Max(value, best)), y + i, left);
        }
    }
}
