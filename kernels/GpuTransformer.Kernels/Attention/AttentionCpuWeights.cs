using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Turns scores, powers of two, into weights 2^(score - max) with their maximum and sum, in place, over the
/// registers that hold slots [begin, end). A row has one accumulator for its sum, registers ascending, so its bits are the
/// same alone and beside others; hidden slots hold -infinity and add 0.
/// <para>Cost: 11 arithmetic instructions a register, half a cycle each where registers have 512 bits.</para></summary>
internal static unsafe partial class AttentionCpuWeights<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>Two rows, whose chains of dependent operations overlap.</summary>
    /// <param name="scores">Scores of the first row.</param>
    /// <param name="stride">Elements to the second.</param>
    /// <param name="begin">First slot.</param>
    /// <param name="end">End of the slots.</param>
    /// <param name="max">Receives both maxima.</param>
    /// <param name="sum">Receives both sums of weights.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run2(float* scores, nint stride, nint begin, nint end, float* max, float* sum)
    {
        var first = begin / TSimd.Lanes * TSimd.Lanes;
        var second = scores + stride;
        max[0] = Largest(scores, first, end);
        max[1] = Largest(second, first, end);
        var (m0, m1) = (TSimd.Create(max[0]), TSimd.Create(max[1]));
        var (sum0, sum1) = (TSimd.Create(0f), TSimd.Create(0f));
        for (var i = first; i < end; i += TSimd.Lanes)
        {
            var weights0 = SoftmaxExp.Power<TSimd, TVector>(TSimd.Subtract(TSimd.Load(scores + i), m0));
            var weights1 = SoftmaxExp.Power<TSimd, TVector>(TSimd.Subtract(TSimd.Load(second + i), m1));
            TSimd.Store(weights0, scores + i);
            TSimd.Store(weights1, second + i);
            sum0 = TSimd.Add(sum0, weights0);
            sum1 = TSimd.Add(sum1, weights1);
        }

        sum[0] = TSimd.Sum(sum0);
        sum[1] = TSimd.Sum(sum1);
    }

    /// <summary>One row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run1(float* scores, nint begin, nint end, float* max, float* sum)
    {
        var first = begin / TSimd.Lanes * TSimd.Lanes;
        *max = Largest(scores, first, end);
        var m = TSimd.Create(*max);
        var total = TSimd.Create(0f);
        for (var i = first; i < end; i += TSimd.Lanes)
        {
            var weights = SoftmaxExp.Power<TSimd, TVector>(TSimd.Subtract(TSimd.Load(scores + i), m));
            TSimd.Store(weights, scores + i);
            total = TSimd.Add(total, weights);
        }

        *sum = TSimd.Sum(total);
    }

    /// <summary>In four chains: a maximum has the same bits in any order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(float* scores, nint first, nint end)
    {
        var hidden = TSimd.Create(float.NegativeInfinity);
        var (m0, m1, m2, m3) = (hidden, hidden, hidden, hidden);
        var i = first;
        for (; i + 3 * TSimd.Lanes < end; i += 4 * TSimd.Lanes)
        {
            m0 = TSimd.Max(TSimd.Load(scores + i), m0);
            m1 = TSimd.Max(TSimd.Load(scores + i + TSimd.Lanes), m1);
            m2 = TSimd.Max(TSimd.Load(scores + i + 2 * TSimd.Lanes), m2);
            m3 = TSimd.Max(TSimd.Load(scores + i + 3 * TSimd.Lanes), m3);
        }

        for (; i < end; i += TSimd.Lanes)
        {
            m0 = TSimd.Max(TSimd.Load(scores + i), m0);
        }

        return LargestOf(TSimd.Max(TSimd.Max(m0, m1), TSimd.Max(m2, m3)));
    }

    /// <summary>The largest lane; 0 where every score is -infinity, so that weights are 0 and not NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestOf(TVector scores)
    {
        var largest = TSimd.Largest(scores);
        return largest == float.NegativeInfinity ? 0f : largest;
    }
}
