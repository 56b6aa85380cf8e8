using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: <see cref="RotaryArgs"/>.
/// <para>Shapes: x, y (rows, numHeads · headDim). A tile owns some whole rows.</para>
/// <para>Numerics: the norm's squares in one accumulator a lane, ascending, then lane by halves; the normed head goes to y
/// and is turned there.</para>
/// <para>Edges: y may be x; a position outside the table is read as 0 and reported as row + 1.</para>
/// <para>Cost: 3 flops and 8 bytes an element (7 with the norm).</para></summary>
internal unsafe struct RotaryCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public RowPointer Table;
        public int* Positions;
        public float* NormWeight;
        public RowCountPointer Rows;
        public int* Status;
        public int NumHeads;
        public int HeadDim;
        public int RotaryDim;
        public int TableRows;
        public float WeightShift;
        public float Epsilon;
    }

    public static CpuVariant<RotaryArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<RotaryArgs> ForWidth(int bits) =>
        SimdVariant.Of<RotaryCpu, RotaryArgs, Args>("rotary-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in RotaryArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Table = HostAddress.Of(args.Table),
        Positions = args.HasPositions == 0 ? null : HostAddress.Of(args.Positions),
        NormWeight = args.HasNorm == 0 ? null : HostAddress.Of(args.NormWeight),
        Rows = HostAddress.Of(args.Rows),
        Status = args.HasPositions == 0 ? null : HostAddress.Of(args.Status, args.StatusSlot),
        NumHeads = args.NumHeads,
        HeadDim = args.HeadDim,
        RotaryDim = args.RotaryDim,
        TableRows = args.TableRows,
        WeightShift = args.WeightShift,
        Epsilon = args.Epsilon,
    };

    internal static int TileCount(void* args) =>
        RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->NumHeads * ((Args*)args)->HeadDim);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.NumHeads * a.HeadDim);
        var half = a.RotaryDim / 2;
        for (var r = first; r < end; r++)
        {
            var position = a.Positions == null ? r : CpuStatus.Guard(a.Positions[r], a.TableRows, a.Status, r);
            var cos = a.Table.Row(position);
            var x = a.X.Row(r);
            var y = a.Y.Row(r);
            for (var h = 0; h < a.NumHeads; h++)
            {
                var source = x;
                if (a.NormWeight != null)
                {
                    Norm<TSimd, TVector>(ref a, x, y);
                    source = y;
                }

                Turn<TSimd, TVector>(source, y, cos, cos + half, half);
                if (source != y)
                {
                    // Memory that overlaps whole or not at all: a copy in place changes nothing.
                    Buffer.MemoryCopy(
                        source + a.RotaryDim, y + a.RotaryDim,
                        (ulong)(a.HeadDim - a.RotaryDim) * sizeof(float), (ulong)(a.HeadDim - a.RotaryDim) * sizeof(float));
                }

                x += a.HeadDim;
                y += a.HeadDim;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn<TSimd, TVector>(float* x, float* y, float* cos, float* sin, int half)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var d = 0;
        for (; d + TSimd.Lanes <= half; d += TSimd.Lanes)
        {
            var (a, b) = (TSimd.Load(x + d), TSimd.Load(x + half + d));
            var (c, s) = (TSimd.Load(cos + d), TSimd.Load(sin + d));
            TSimd.Store(TSimd.Subtract(TSimd.Multiply(a, c), TSimd.Multiply(b, s)), y + d);
            TSimd.Store(TSimd.MultiplyAdd(b, c, TSimd.Multiply(a, s)), y + half + d);
        }

        if (d < half)
        {
            var left = half - d;
            var (a, b) = (TSimd.LoadFirst(x + d, left), TSimd.LoadFirst(x + half + d, left));
            var (c, s) = (TSimd.LoadFirst(cos + d, left), TSimd.LoadFirst(sin + d, left));
            TSimd.StoreFirst(TSimd.Subtract(TSimd.Multiply(a, c), TSimd.Multiply(b, s)), y + d, left);
            TSimd.StoreFirst(TSimd.MultiplyAdd(b, c, TSimd.Multiply(a, s)), y + half + d, left);
        }
    }

    /// <summary>y = x / √(mean(x²) + eps) · (weight + shift) over one head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Norm<TSimd, TVector>(ref Args a, float* x, float* y)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var sum = TSimd.Create(0f);
        for (var d = 0; d < a.HeadDim; d += TSimd.Lanes)
        {
            var value = Part<TSimd, TVector>(x + d, a.HeadDim - d);
            sum = TSimd.MultiplyAdd(value, value, sum);
        }

        var inverse = TSimd.Create(1f / MathF.Sqrt(TSimd.Sum(sum) / a.HeadDim + a.Epsilon));
        var shift = TSimd.Create(a.WeightShift);
        for (var d = 0; d < a.HeadDim; d += TSimd.Lanes)
        {
            var left = a.HeadDim - d;
            var weight = TSimd.Add(Part<TSimd, TVector>(a.NormWeight + d, left), shift);
            var value = TSimd.Multiply(TSimd.Multiply(Part<TSimd, TVector>(x + d, left), inverse), weight);
            if (left >= TSimd.Lanes)
            {
                TSimd.Store(value, y + d);
            }
            else
            {
                TSimd.StoreFirst(value, y + d, left);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Part<TSimd, TVector>(float* x, int left)
        where TSimd : ISimd<TVector>
        where TVector : struct => left >= TSimd.Lanes ? TSimd.Load(x) : TSimd.LoadFirst(x, left);
}
