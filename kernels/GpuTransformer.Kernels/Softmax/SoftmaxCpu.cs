using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = softmax(scale · x[r] + mask[r]) over the columns [begin, end) of the row, 0 outside.
/// <para>Shapes: x, y (rows, width); mask (ceil(rows / rowsPerMask), width). A tile owns some whole rows, two at
/// a time where nothing is hidden.</para>
/// <para>Numerics: maximum, then weights exp(x - maximum) with their sum, then the division; the row stays in cache.
/// Two accumulators for the sum, registers ascending from the first column. A weight below e^-69 of the largest is 0. A
/// fully masked row gives zeros; NaN anywhere in the interval makes the whole of it NaN.</para>
/// <para>Cost: 8 bytes and about 22 flops an element.</para></summary>
internal unsafe struct SoftmaxCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public RowPointer Mask;
        public int* Intervals;
        public RowCountPointer Rows;
        public int Width;
        public int RowsPerInterval;
        public int RowsPerMask;
        public float Scale;
    }

    public static CpuVariant<SoftmaxArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<SoftmaxArgs> ForWidth(int bits) =>
        SimdVariant.Of<SoftmaxCpu, SoftmaxArgs, Args>("softmax-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in SoftmaxArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Mask = args.HasMask == 0 ? default : HostAddress.Of(args.Mask),
        Intervals = args.HasIntervals == 0 ? null : HostAddress.Of(args.Intervals),
        Rows = HostAddress.Of(args.Rows),
        Width = args.Width,
        RowsPerInterval = args.RowsPerInterval,
        RowsPerMask = args.RowsPerMask,
        Scale = args.Scale,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        if (a.Intervals == null && a.Mask.IsNull)
        {
            for (; first + 2 <= end; first += 2)
            {
                SoftmaxCpuPair<TSimd, TVector>.Run(a.X, a.Y, first, a.Width, a.Scale);
            }
        }

        for (var r = first; r < end; r++)
        {
            var (from, to) = (0, a.Width);
            var y = a.Y.Row(r);
            if (a.Intervals != null)
            {
                var interval = a.Intervals + 2L * (r / a.RowsPerInterval);
                from = Math.Clamp(interval[0], 0, a.Width);
                to = Math.Clamp(interval[1], from, a.Width);
                new Span<float>(y, from).Clear();
                new Span<float>(y + to, a.Width - to).Clear();
            }

            var x = a.X.Row(r) + from;
            var mask = a.Mask.IsNull ? null : a.Mask.Row(r / a.RowsPerMask) + from;
            var max = SoftmaxCpuRow<TSimd, TVector>.Largest(x, mask, to - from, a.Scale);
            var sum = SoftmaxCpuRow<TSimd, TVector>.Weigh(x, mask, y + from, to - from, a.Scale, max);
            SoftmaxCpuRow<TSimd, TVector>.Divide(y + from, to - from, sum);
        }
    }
}
