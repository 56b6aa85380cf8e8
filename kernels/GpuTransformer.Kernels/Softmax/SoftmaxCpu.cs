using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = softmax(scale · x[r] + mask[r]) over the columns [begin, end) of the row, 0 outside.
/// <para>Shapes: x, y (rows, width); mask (ceil(rows / rowsPerMask), width). A tile owns some whole rows.</para>
/// <para>Numerics: maximum, then weights exp(x - maximum) with their sum, then the division; the row stays in cache.
/// Two accumulators for the sum, registers ascending from the first column. A weight below e^-69 of the largest is 0. A
/// fully masked row gives zeros; NaN anywhere in the interval makes the whole of it NaN.</para>
/// <para>Cost: 8 bytes and about 22 flops an element.</para></summary>
internal static unsafe class SoftmaxCpu
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

    public static CpuVariant<SoftmaxArgs> ForWidth(int bits) => new CpuVariant<SoftmaxArgs, Args>(
        $"softmax-cpu-{bits}",
        Convert,
        &TileCount,
        bits switch
        {
            512 => &Tile<Simd512, Vector512<float>>,
            256 => &Tile<Simd256, Vector256<float>>,
            _ => &Tile<Simd128, Vector128<float>>,
        });

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
    internal static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        for (var r = first; r < end; r++)
        {
            var y = a.Y.Row(r);
            var (from, to) = (0, a.Width);
            if (a.Intervals != null)
            {
                var interval = a.Intervals + 2L * (r / a.RowsPerInterval);
                from = Math.Clamp(interval[0], 0, a.Width);
                to = Math.Clamp(interval[1], from, a.Width);
                new Span<float>(y, from).Clear();
                new Span<float>(y + to, a.Width - to).Clear();
            }

            var mask = a.Mask.IsNull ? null : a.Mask.Row(r / a.RowsPerMask) + from;
            Row<TSimd, TVector>(a.X.Row(r) + from, y + from, mask, to - from, a.Scale);
        }
    }

    /// <summary>softmax(scale · x + mask) of one row of <paramref name="count"/> columns; y may be x, mask may be null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row<TSimd, TVector>(float* x, float* y, float* mask, int count, float scale)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var factor = TSimd.Create(scale);
        var hidden = TSimd.Create(float.NegativeInfinity);
        var (max0, max1) = (hidden, hidden);
        var i = 0;
        for (; i + 2 * lanes <= count; i += 2 * lanes)
        {
            max0 = TSimd.Max(Score<TSimd, TVector>(x, mask, i, factor), max0);
            max1 = TSimd.Max(Score<TSimd, TVector>(x, mask, i + lanes, factor), max1);
        }

        if (i + lanes <= count)
        {
            max0 = TSimd.Max(Score<TSimd, TVector>(x, mask, i, factor), max0);
            i += lanes;
        }

        var left = count - i;
        var last = hidden;
        if (left > 0)
        {
            last = Last<TSimd, TVector>(x + i, mask == null ? null : mask + i, left, factor);
            max1 = TSimd.Max(last, max1);
        }

        // Where every score is -infinity the weights are 0 and not NaN.
        var largest = TSimd.Largest(TSimd.Max(max0, max1));
        var max = TSimd.Create(largest == float.NegativeInfinity ? 0f : largest);
        var (sum0, sum1) = (TSimd.Create(0f), TSimd.Create(0f));
        for (i = 0; i + 2 * lanes <= count; i += 2 * lanes)
        {
            sum0 = TSimd.Add(sum0, Weight<TSimd, TVector>(Score<TSimd, TVector>(x, mask, i, factor), max, y + i));
            sum1 = TSimd.Add(
                sum1, Weight<TSimd, TVector>(Score<TSimd, TVector>(x, mask, i + lanes, factor), max, y + i + lanes));
        }

        if (i + lanes <= count)
        {
            sum0 = TSimd.Add(sum0, Weight<TSimd, TVector>(Score<TSimd, TVector>(x, mask, i, factor), max, y + i));
            i += lanes;
        }

        if (left > 0)
        {
            var weights = Exp<TSimd, TVector>(last, max);
            TSimd.StoreFirst(weights, y + i, left);
            sum1 = TSimd.Add(sum1, weights);
        }

        var sum = TSimd.Sum(TSimd.Add(sum0, sum1));
        Scale<TSimd, TVector>(y, count, sum == 0f ? 0f : 1f / sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Score<TSimd, TVector>(float* x, float* mask, int i, TVector factor)
        where TSimd : ISimd<TVector>
        where TVector : struct => mask == null
            ? TSimd.Multiply(TSimd.Load(x + i), factor)
            : TSimd.MultiplyAdd(TSimd.Load(x + i), factor, TSimd.Load(mask + i));

    /// <summary>The scores of a part of a register, -infinity beyond it.</summary>
    private static TVector Last<TSimd, TVector>(float* x, float* mask, int count, TVector factor)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var value = TSimd.LoadFirst(x, count);
        value = mask == null
            ? TSimd.Multiply(value, factor)
            : TSimd.MultiplyAdd(value, factor, TSimd.LoadFirst(mask, count));
        return TSimd.SelectRange(value, TSimd.Create(float.NegativeInfinity), 0, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Weight<TSimd, TVector>(TVector score, TVector max, float* y)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var weight = Exp<TSimd, TVector>(score, max);
        TSimd.Store(weight, y);
        return weight;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exp<TSimd, TVector>(TVector score, TVector max)
        where TSimd : ISimd<TVector>
        where TVector : struct =>
        SoftmaxExp.Exp<TSimd, TVector>(TSimd.Subtract(score, max));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale<TSimd, TVector>(float* y, int count, float factor)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var f = TSimd.Create(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(y + i), f), y + i);
        }

        if (i < count)
        {
            TSimd.StoreFirst(TSimd.Multiply(TSimd.LoadFirst(y + i, count - i), f), y + i, count - i);
        }
    }
}
