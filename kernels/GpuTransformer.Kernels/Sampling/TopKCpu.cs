using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: the k largest of each row, largest first; among equals the smaller index first. NaN counts as
/// smaller than everything and is reported as row + 1, the largest such row.
/// <para>Shapes: x (rows, width), indices and values (rows, k). A tile owns some whole rows.</para>
/// <para>Order: one value: the maximum of the row, then the first place that holds it. A few: a sorted list, against
/// whose smallest value whole registers are compared. Many (over 1024): the row's places are sorted.</para>
/// <para>Cost: 4 bytes an element read.</para></summary>
internal unsafe struct TopKCpu : ISimdTile
{
    // Of 50257 columns: a list of 1000 takes 1.8 ms, a sort 3.5 ms; a list's time grows with k².
    private const int LongestList = 1024;

    internal struct Args
    {
        public RowPointer X;
        public int* Indices;
        public float* Values;
        public int* Status;
        public RowCountPointer Rows;
        public int Width;
        public int K;
    }

    public static CpuVariant<TopKArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<TopKArgs> ForWidth(int bits) =>
        SimdVariant.Of<TopKCpu, TopKArgs, Args>("topk-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in TopKArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Indices = HostAddress.Of(args.Indices, args.IndicesOffset),
        Values = HostAddress.Of(args.Values, args.ValuesOffset),
        Status = HostAddress.Of(args.Status, args.StatusSlot),
        Rows = HostAddress.Of(args.Rows),
        Width = args.Width,
        K = args.K,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Width);

    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        for (var r = first; r < end; r++)
        {
            var x = a.X.Row(r);
            var indices = a.Indices + (long)r * a.K;
            var values = a.Values + (long)r * a.K;
            var allNumbers = a.K switch
            {
                1 => Largest<TSimd, TVector>(x, a.Width, indices, values),
                <= LongestList => List<TSimd, TVector>(x, a.Width, a.K, indices, values),
                _ => TopKCpuSort.Run(x, a.Width, a.K, indices, values),
            };
            if (!allNumbers)
            {
                CpuStatus.Report(a.Status, r);
            }
        }
    }

    /// <summary>Whether a comes before b where b was found first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Better(float a, float b) => a > b || (float.IsNaN(b) && !float.IsNaN(a));

    /// <summary>The largest and its first place; returns whether the row is without NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Largest<TSimd, TVector>(float* x, int width, int* index, float* value)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var lowest = TSimd.Create(float.NegativeInfinity);
        var (max0, max1) = (lowest, lowest);
        var (all, numbers) = (uint.MaxValue >> (32 - lanes), uint.MaxValue);
        var i = 0;
        for (; i + 2 * lanes <= width; i += 2 * lanes)
        {
            var (v0, v1) = (TSimd.Load(x + i), TSimd.Load(x + i + lanes));
            numbers &= TSimd.EqualLanes(v0, v0) & TSimd.EqualLanes(v1, v1);
            max0 = TSimd.Max(TSimd.NumbersOr(v0, lowest), max0);
            max1 = TSimd.Max(TSimd.NumbersOr(v1, lowest), max1);
        }

        for (; i < width; i += lanes)
        {
            var count = Math.Min(lanes, width - i);
            var v = TSimd.LoadFirst(x + i, count);
            numbers &= TSimd.EqualLanes(v, v);
            max0 = TSimd.Max(TSimd.SelectRange(TSimd.NumbersOr(v, lowest), lowest, 0, count), max0);
        }

        var largest = TSimd.Largest(TSimd.Max(max0, max1));
        *index = Find<TSimd, TVector>(x, width, largest);
        *value = x[*index];
        return (numbers & all) == all;
    }

    /// <summary>The first place of a value; 0 where it is nowhere, as in a row of NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Find<TSimd, TVector>(float* x, int width, float value)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var sought = TSimd.Create(value);
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            var found = TSimd.EqualLanes(TSimd.Load(x + i), sought);
            if (found != 0)
            {
                return i + BitOperations.TrailingZeroCount(found);
            }
        }

        for (; i < width; i++)
        {
            if (x[i] == value)
            {
                return i;
            }
        }

        return 0;
    }

    /// <summary>Keeps a sorted list of the best so far; returns whether the row is without NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool List<TSimd, TVector>(float* x, int width, int k, int* indices, float* values)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var (all, numbers) = (uint.MaxValue >> (32 - lanes), true);
        var filled = 0;
        for (var i = 0; i < width;)
        {
            if (filled == k && i + lanes <= width && !float.IsNaN(values[k - 1]))
            {
                var v = TSimd.Load(x + i);
                numbers &= TSimd.EqualLanes(v, v) == all;
                var better = TSimd.GreaterLanes(v, TSimd.Create(values[k - 1]));
                for (; better != 0; better &= better - 1)
                {
                    Insert(x, i + BitOperations.TrailingZeroCount(better), k, indices, values, ref filled);
                }

                i += lanes;
            }
            else
            {
                numbers &= !float.IsNaN(x[i]);
                Insert(x, i, k, indices, values, ref filled);
                i++;
            }
        }

        return numbers;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Insert(float* x, int index, int k, int* indices, float* values, ref int filled)
    {
        var value = x[index];
        if (filled == k && !Better(value, values[k - 1]))
        {
            return;
        }

        var place = filled < k ? filled++ : k - 1;
        for (; place > 0 && Better(value, values[place - 1]); place--)
        {
            values[place] = values[place - 1];
            indices[place] = indices[place - 1];
        }

        values[place] = value;
        indices[place] = index;
    }
}
