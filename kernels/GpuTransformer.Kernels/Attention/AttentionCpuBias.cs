using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary><see cref="RelativeBiasScore"/> as the CPU tiles see it: the table's address, taken when the arguments are
/// bound.
/// <para>Computes: scores[slot] += table[head, clamp(slot - query, ±MaxDistance)] for a run of slots.</para>
/// <para>Order: one addition a score, so the bits are those of <see cref="RelativeBiasScore.Apply"/>.</para>
/// <para>Cost: a run is up to three parts: a constant, a stretch of the table's row, a constant; one flop a score.</para></summary>
internal unsafe struct AttentionCpuBias
{
    public float* Table;
    public int MaxDistance;

    /// <summary>The bias of a policy that is one; nothing for every other policy.</summary>
    public static AttentionCpuBias Of<TScore>(TScore score)
        where TScore : struct, IScorePolicy
    {
        if (typeof(TScore) != typeof(RelativeBiasScore))
        {
            return default;
        }

        var bias = Unsafe.As<TScore, RelativeBiasScore>(ref score);
        return new AttentionCpuBias { Table = HostAddress.Of(bias.Table), MaxDistance = bias.MaxDistance };
    }

    /// <summary>Adds the bias to a row's scores.</summary>
    /// <param name="head">The query head.</param>
    /// <param name="query">Position of the query, counted from where <paramref name="scores"/> starts.</param>
    /// <param name="scores">Scores of a chunk.</param>
    /// <param name="begin">First score to change.</param>
    /// <param name="end">End of the scores to change.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Add<TSimd, TVector>(int head, long query, float* scores, int begin, int end)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var middle = Table + (long)head * (2 * MaxDistance + 1) + MaxDistance;
        var near = (int)Math.Clamp(query - MaxDistance, begin, end);
        var far = (int)Math.Clamp(query + MaxDistance + 1, near, end);
        AddConstant<TSimd, TVector>(middle[-MaxDistance], scores + begin, near - begin);
        AddRow<TSimd, TVector>(middle + (near - query), scores + near, far - near);
        AddConstant<TSimd, TVector>(middle[MaxDistance], scores + far, end - far);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<TSimd, TVector>(float* bias, float* scores, int count)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Add(TSimd.Load(scores + i), TSimd.Load(bias + i)), scores + i);
        }

        if (i < count)
        {
            var left = count - i;
            TSimd.StoreFirst(TSimd.Add(TSimd.LoadFirst(scores + i, left), TSimd.LoadFirst(bias + i, left)), scores + i, left);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddConstant<TSimd, TVector>(float bias, float* scores, int count)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var added = TSimd.Create(bias);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Add(TSimd.Load(scores + i), added), scores + i);
        }

        if (i < count)
        {
            TSimd.StoreFirst(TSimd.Add(TSimd.LoadFirst(scores + i, count - i), added), scores + i, count - i);
        }
    }
}
