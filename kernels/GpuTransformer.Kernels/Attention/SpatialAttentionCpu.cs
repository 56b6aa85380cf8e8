using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[(query, position), head] = softmax(scale · q·k) over all (position, head) of the query.
/// <para>Shapes: q (images · queries, numHeads · headDim), k (keyRows, the same), y (images · queries · positions, numHeads).
/// A tile owns one query.</para>
/// <para>Edges: a position without a key gives zeros. Cost: 2 · headDim flops an element of y, and the softmax.</para></summary>
internal unsafe struct SpatialAttentionCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer Query;
        public RowPointer Key;
        public RowPointer Y;
        public int* KeyTable;
        public RowCountPointer Rows;
        public int KeyRows;
        public int Queries;
        public int Positions;
        public int NumHeads;
        public int HeadDim;
        public float Scale;
    }

    public static CpuVariant<SpatialAttentionArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<SpatialAttentionArgs> ForWidth(int bits) =>
        SimdVariant.Of<SpatialAttentionCpu, SpatialAttentionArgs, Args>("spatialattention-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in SpatialAttentionArgs args) => new()
    {
        Query = HostAddress.Of(args.Query),
        Key = HostAddress.Of(args.Key),
        Y = HostAddress.Of(args.Y),
        KeyTable = HostAddress.Of(args.KeyTable),
        Rows = HostAddress.Of(args.Rows),
        KeyRows = args.KeyRows,
        Queries = args.Queries,
        Positions = args.Positions,
        NumHeads = args.NumHeads,
        HeadDim = args.HeadDim,
        Scale = args.Scale,
    };

    internal static int TileCount(void* args) => ((Args*)args)->Rows.Count;

    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var elements = a.Positions * a.NumHeads;
        var scores = CpuScratch.Floats(elements);
        var table = a.KeyTable + (long)(tile / a.Queries) * a.Positions;
        for (var p = 0; p < a.Positions; p++)
        {
            var key = table[p];
            if ((uint)key < (uint)a.KeyRows)
            {
                ScorePosition<TSimd, TVector>(ref a, a.Query.Row(tile), a.Key.Row(key), scores + (long)p * a.NumHeads);
            }
            else
            {
                new Span<float>(scores + (long)p * a.NumHeads, a.NumHeads).Fill(float.NegativeInfinity);
            }
        }

        SoftmaxCpuRow<TSimd, TVector>.Run(scores, elements);
        for (var p = 0; p < a.Positions; p++)
        {
            var from = new Span<float>(scores + (long)p * a.NumHeads, a.NumHeads);
            from.CopyTo(new Span<float>(a.Y.Row(tile * a.Positions + p), a.NumHeads));
        }
    }

    /// <summary>scale · q·k of every head at one position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScorePosition<TSimd, TVector>(ref Args a, float* query, float* key, float* scores)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        for (var head = 0; head < a.NumHeads; head++, query += a.HeadDim, key += a.HeadDim)
        {
            var sum = TSimd.Create(0f);
            var d = 0;
            for (; d + TSimd.Lanes <= a.HeadDim; d += TSimd.Lanes)
            {
                sum = TSimd.MultiplyAdd(TSimd.Load(query + d), TSimd.Load(key + d), sum);
            }

            if (d < a.HeadDim)
            {
                var left = a.HeadDim - d;
                sum = TSimd.MultiplyAdd(TSimd.LoadFirst(query + d, left), TSimd.LoadFirst(key + d, left), sum);
            }

            scores[head] = TSimd.Sum(sum) * a.Scale;
        }
    }
}
