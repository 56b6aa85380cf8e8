using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What the CPU tiles of LayerNorm and RMSNorm share: their arguments and the sum with the residual.</summary>
internal static unsafe class NormCpu
{
    internal struct Args
    {
        public RowPointer X;
        public RowPointer Residual;
        public RowPointer Sum;
        public RowPointer Y;
        public float* Weight;
        public float* Bias;
        public RowCountPointer Rows;
        public int Width;
        public float Epsilon;
        public float WeightShift;
    }

    internal static Args Convert(in NormArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Residual = args.HasResidual == 0 ? default : HostAddress.Of(args.Residual),
        Sum = args.HasSum == 0 ? default : HostAddress.Of(args.Sum),
        Y = HostAddress.Of(args.Y),
        Weight = HostAddress.Of(args.Weight, args.WeightOffset),
        Bias = args.HasBias == 0 ? null : HostAddress.Of(args.Bias, args.BiasOffset),
        Rows = HostAddress.Of(args.Rows),
        Width = args.Width,
        Epsilon = args.Epsilon,
        WeightShift = args.WeightShift,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Width);

    /// <summary>Where the row to normalize is: x itself, or x + residual, which is written to the sum's place, or to y's
    /// where no sum is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Source<TSimd, TVector>(ref Args a, int row)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var x = a.X.Row(row);
        if (a.Residual.IsNull && a.Sum.IsNull)
        {
            return x;
        }

        var sum = a.Sum.IsNull ? a.Y.Row(row) : a.Sum.Row(row);
        var residual = a.Residual.IsNull ? null : a.Residual.Row(row);
        var i = 0;
        for (; i + TSimd.Lanes <= a.Width; i += TSimd.Lanes)
        {
            var value = TSimd.Load(x + i);
            TSimd.Store(residual == null ? value : TSimd.Add(value, TSimd.Load(residual + i)), sum + i);
        }

        if (i < a.Width)
        {
            var value = TSimd.LoadFirst(x + i, a.Width - i);
            value = residual == null ? value : TSimd.Add(value, TSimd.LoadFirst(residual + i, a.Width - i));
            TSimd.StoreFirst(value, sum + i, a.Width - i);
        }

        return sum;
    }

    /// <summary>y = (x - mean) · factor · (weight + shift) + bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<TSimd, TVector>(ref Args a, float* x, float* y, float mean, float factor)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var m = TSimd.Create(mean);
        var f = TSimd.Create(factor);
        var shift = TSimd.Create(a.WeightShift);
        var zero = TSimd.Create(0f);
        var i = 0;
        for (; i + TSimd.Lanes <= a.Width; i += TSimd.Lanes)
        {
            var value = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), m), f);
            var weight = TSimd.Add(TSimd.Load(a.Weight + i), shift);
            TSimd.Store(TSimd.MultiplyAdd(value, weight, a.Bias == null ? zero : TSimd.Load(a.Bias + i)), y + i);
        }

        if (i < a.Width)
        {
            var left = a.Width - i;
            var value = TSimd.Multiply(TSimd.Subtract(TSimd.LoadFirst(x + i, left), m), f);
            var weight = TSimd.Add(TSimd.LoadFirst(a.Weight + i, left), shift);
            TSimd.StoreFirst(
                TSimd.MultiplyAdd(value, weight, a.Bias == null ? zero : TSimd.LoadFirst(a.Bias + i, left)), y + i, left);
        }
    }
}
