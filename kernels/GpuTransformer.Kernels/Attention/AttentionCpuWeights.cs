using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Turns scores into weights exp(score - max) with their maximum and sum, in place, for rows of a panel tile over
/// the registers that hold slots [begin, end). A row has one accumulator for its sum, registers ascending, so
/// its bits are the same alone and beside others; hidden slots hold -infinity and add 0.</summary>
internal static unsafe class AttentionCpuWeights<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>Four rows at once, whose chains of dependent operations overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run4(in AttentionCpuState state, int row, int begin, int end)
    {
        nint first = begin / TSimd.Lanes * TSimd.Lanes;
        var s0 = state.Scores + row * AttentionCpuState.ScoreStride;
        var s1 = s0 + AttentionCpuState.ScoreStride;
        var s2 = s1 + AttentionCpuState.ScoreStride;
        var s3 = s2 + AttentionCpuState.ScoreStride;
        var hidden = TSimd.Create(float.NegativeInfinity);
        var (m0, m1, m2, m3) = (hidden, hidden, hidden, hidden);
        for (var i = first; i < end; i += TSimd.Lanes)
        {
            m0 = TSimd.Max(TSimd.Load(s0 + i), m0);
            m1 = TSimd.Max(TSimd.Load(s1 + i), m1);
            m2 = TSimd.Max(TSimd.Load(s2 + i), m2);
            m3 = TSimd.Max(TSimd.Load(s3 + i), m3);
        }

        var n0 = LargestOf(m0);
        var n1 = LargestOf(m1);
        var n2 = LargestOf(m2);
        var n3 = LargestOf(m3);
        var max = state.ChunkMax + row;
        max[0] = n0;
        max[1] = n1;
        max[2] = n2;
        max[3] = n3;
        m0 = TSimd.Create(n0);
        m1 = TSimd.Create(n1);
        m2 = TSimd.Create(n2);
        m3 = TSimd.Create(n3);
        var zero = TSimd.Create(0f);
        var (t0, t1, t2, t3) = (zero, zero, zero, zero);
        for (var i = first; i < end; i += TSimd.Lanes)
        {
            t0 = TSimd.Add(t0, Weigh(s0 + i, m0));
            t1 = TSimd.Add(t1, Weigh(s1 + i, m1));
            t2 = TSimd.Add(t2, Weigh(s2 + i, m2));
            t3 = TSimd.Add(t3, Weigh(s3 + i, m3));
        }

        var sum = state.ChunkSum + row;
        sum[0] = TSimd.Sum(t0);
        sum[1] = TSimd.Sum(t1);
        sum[2] = TSimd.Sum(t2);
        sum[3] = TSimd.Sum(t3);
    }

    /// <summary>One row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run1(in AttentionCpuState state, int row, int begin, int end)
    {
        nint first = begin / TSimd.Lanes * TSimd.Lanes;
        var scores = state.Scores + row * AttentionCpuState.ScoreStride;
        var max = TSimd.Create(float.NegativeInfinity);
        for (var i = first; i < end; i += TSimd.Lanes)
        {
            max = TSimd.Max(TSimd.Load(scores + i), max);
        }

        var largest = LargestOf(max);
        state.ChunkMax[row] = largest;
        max = TSimd.Create(largest);
        var sum = TSimd.Create(0f);
        for (var i = first; i < end; i += TSimd.Lanes)
        {
            sum = TSimd.Add(sum, Weigh(scores + i, max));
        }

        state.ChunkSum[row] = TSimd.Sum(sum);
    }

    /// <summary>The largest lane; 0 where every score is -infinity, so that weights are 0 and not NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestOf(TVector max)
    {
        var largest = TSimd.Largest(max);
        return largest == float.NegativeInfinity ? 0f : largest;
    }

    /// <summary>Makes a register of weights from scores, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Weigh(float* scores, TVector max)
    {
        var weights = SoftmaxExp.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Load(scores), max));
        TSimd.Store(weights, scores);
        return weights;
    }
}
