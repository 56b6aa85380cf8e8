using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: score(q, k) = v · tanh(q + k); output = softmax(score) · value over the first keyLength keys.
/// <para>Shapes: query (batch · seqLenQ, width), key (batch · seqLenKv, width), value (batch · seqLenKv, valueWidth),
/// weights (batch · seqLenQ, seqLenKv). A tile owns one query.</para>
/// <para>Numerics: two accumulators for a score, one for an output, keys ascending. A query of no keys gives zeros.</para>
/// <para>Cost: about 25 flops an element of the keys, for each query.</para></summary>
internal unsafe struct AdditiveAttentionCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer Query;
        public RowPointer Key;
        public RowPointer Value;
        public RowPointer Output;
        public RowPointer Weights;
        public float* Vector;
        public int* KeyLengths;
        public int Batch;
        public int SeqLenQ;
        public int SeqLenKv;
        public int Width;
        public int ValueWidth;
    }

    public static CpuVariant<AdditiveAttentionArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<AdditiveAttentionArgs> ForWidth(int bits) =>
        SimdVariant.Of<AdditiveAttentionCpu, AdditiveAttentionArgs, Args>("additive-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in AdditiveAttentionArgs args) => new()
    {
        Query = HostAddress.Of(args.Query),
        Key = HostAddress.Of(args.Key),
        Value = HostAddress.Of(args.Value),
        Output = HostAddress.Of(args.Output),
        Weights = HostAddress.Of(args.Weights),
        Vector = HostAddress.Of(args.Vector, args.VectorOffset),
        KeyLengths = args.HasKeyLengths == 0 ? null : HostAddress.Of(args.KeyLengths),
        Batch = args.Batch,
        SeqLenQ = args.SeqLenQ,
        SeqLenKv = args.SeqLenKv,
        Width = args.Width,
        ValueWidth = args.ValueWidth,
    };

    internal static int TileCount(void* args) => ((Args*)args)->Batch * ((Args*)args)->SeqLenQ;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var sequence = tile / a.SeqLenQ;
        var keys = a.KeyLengths == null ? a.SeqLenKv : Math.Clamp(a.KeyLengths[sequence], 0, a.SeqLenKv);
        var weights = a.Weights.Row(tile);
        var query = a.Query.Row(tile);
        for (var j = 0; j < keys; j++)
        {
            weights[j] = Score<TSimd, TVector>(query, a.Key.Row(sequence * a.SeqLenKv + j), a.Vector, a.Width);
        }

        SoftmaxCpuRow<TSimd, TVector>.Run(weights, keys);
        new Span<float>(weights + keys, a.SeqLenKv - keys).Clear();
        Combine<TSimd, TVector>(ref a, weights, sequence * a.SeqLenKv, keys, a.Output.Row(tile));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Score<TSimd, TVector>(float* query, float* key, float* vector, int width)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var (sum0, sum1) = (TSimd.Create(0f), TSimd.Create(0f));
        var i = 0;
        for (; i + 2 * lanes <= width; i += 2 * lanes)
        {
            var t0 = VectorMath.Tanh<TSimd, TVector>(TSimd.Add(TSimd.Load(query + i), TSimd.Load(key + i)));
            var t1 = VectorMath.Tanh<TSimd, TVector>(TSimd.Add(TSimd.Load(query + i + lanes), TSimd.Load(key + i + lanes)));
            sum0 = TSimd.MultiplyAdd(TSimd.Load(vector + i), t0, sum0);
            sum1 = TSimd.MultiplyAdd(TSimd.Load(vector + i + lanes), t1, sum1);
        }

        for (; i < width; i += lanes)
        {
            var count = Math.Min(lanes, width - i);
            var t = VectorMath.Tanh<TSimd, TVector>(
                TSimd.Add(TSimd.LoadFirst(query + i, count), TSimd.LoadFirst(key + i, count)));
            sum0 = TSimd.MultiplyAdd(TSimd.LoadFirst(vector + i, count), t, sum0);
        }

        return TSimd.Sum(TSimd.Add(sum0, sum1));
    }

    /// <summary>output = Σ weights[j] · value[j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine<TSimd, TVector>(ref Args a, float* weights, int firstValue, int keys, float* output)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = TSimd.Lanes;
        var zero = TSimd.Create(0f);
        var c = 0;
        for (; c + 4 * lanes <= a.ValueWidth; c += 4 * lanes)
        {
            var (s0, s1, s2, s3) = (zero, zero, zero, zero);
            for (var j = 0; j < keys; j++)
            {
                var weight = TSimd.Create(weights[j]);
                var value = a.Value.Row(firstValue + j) + c;
                s0 = TSimd.MultiplyAdd(weight, TSimd.Load(value), s0);
                s1 = TSimd.MultiplyAdd(weight, TSimd.Load(value + lanes), s1);
                s2 = TSimd.MultiplyAdd(weight, TSimd.Load(value + 2 * lanes), s2);
                s3 = TSimd.MultiplyAdd(weight, TSimd.Load(value + 3 * lanes), s3);
            }

            TSimd.Store(s0, output + c);
            TSimd.Store(s1, output + c + lanes);
            TSimd.Store(s2, output + c + 2 * lanes);
            TSimd.Store(s3, output + c + 3 * lanes);
        }

        for (; c < a.ValueWidth; c += lanes)
        {
            var count = Math.Min(lanes, a.ValueWidth - c);
            var sum = zero;
            for (var j = 0; j < keys; j++)
            {
                sum = TSimd.MultiplyAdd(
                    TSimd.Create(weights[j]), TSimd.LoadFirst(a.Value.Row(firstValue + j) + c, count), sum);
            }

            TSimd.StoreFirst(sum, output + c, count);
        }
    }
}
