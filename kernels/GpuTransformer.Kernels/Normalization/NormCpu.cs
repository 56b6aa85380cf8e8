using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What the CPU tiles of LayerNorm and RMSNorm share: their arguments, the sum with the residual, and the last
/// pass. Rows go in pairs, whose sums and square roots, long chains of dependent operations, overlap; a row's bits are
/// the same in a pair and alone, where it is its own partner.
/// <para>A step of its own after a matmul too: a row is whole with the matmul's last panel alone, and its core's cache holds
/// it then, in place. 128 rows of 768 take 23 us on one thread, 20 when they are all in the second-level cache; done by
/// whoever ends a block of the matmul's rows, a pass takes the same time (within 0.3 %).</para></summary>
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
        if (a.Residual.IsNull)
        {
            Unsafe.CopyBlockUnaligned(sum, x, (uint)a.Width * sizeof(float));
        }
        else
        {
            AddCpu.Row<TSimd, TVector>(x, a.Residual.Row(row), sum, a.Width);
        }

        return sum;
    }

    /// <summary>y = (x - mean) · factor · (weight + shift) + bias for two rows, which may be the same; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<TSimd, TVector>(
        ref Args a, float* x0, float* x1, int row0, int row1, float mean0, float mean1, float factor0, float factor1)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var y0 = a.Y.Row(row0);
        var y1 = a.Y.Row(row1);
        var weights = a.Weight;
        var biases = a.Bias;
        var width = a.Width;
        var (m0, m1) = (TSimd.Create(mean0), TSimd.Create(mean1));
        var (f0, f1) = (TSimd.Create(factor0), TSimd.Create(factor1));
        var shift = TSimd.Create(a.WeightShift);
        var zero = TSimd.Create(0f);
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            var weight = TSimd.Add(TSimd.Load(weights + i), shift);
            var bias = biases == null ? zero : TSimd.Load(biases + i);
            var value0 = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x0 + i), m0), f0);
            var value1 = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x1 + i), m1), f1);
            TSimd.Store(TSimd.MultiplyAdd(value0, weight, bias), y0 + i);
            TSimd.Store(TSimd.MultiplyAdd(value1, weight, bias), y1 + i);
        }

        if (i < width)
        {
            var left = width - i;
            var weight = TSimd.Add(TSimd.LoadFirst(weights + i, left), shift);
            var bias = biases == null ? zero : TSimd.LoadFirst(biases + i, left);
            var value0 = TSimd.Multiply(TSimd.Subtract(TSimd.LoadFirst(x0 + i, left), m0), f0);
            var value1 = TSimd.Multiply(TSimd.Subtract(TSimd.LoadFirst(x1 + i, left), m1), f1);
            TSimd.StoreFirst(TSimd.MultiplyAdd(value0, weight, bias), y0 + i, left);
            TSimd.StoreFirst(TSimd.MultiplyAdd(value1, weight, bias), y1 + i, left);
        }
    }
}
