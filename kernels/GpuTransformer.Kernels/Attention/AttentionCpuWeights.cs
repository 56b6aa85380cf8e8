using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Turns scores, powers of two, into weights 2^(score - max) with their maximum and sum, in place, over the
/// registers that hold slots [begin, end). A row has one accumulator for its sum, registers ascending, so its bits are the
/// same alone and beside others; hidden slots hold -infinity and add 0.
/// <para>Cost: 11 arithmetic instructions a register of 512 bits, half a cycle each; 15 of a narrower one, a third.</para></summary>
internal static unsafe partial class AttentionCpuWeights<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <param name="scores">Scores of the first row.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="rows">How many.</param>
    /// <param name="begin">First slot.</param>
    /// <param name="end">End of the slots.</param>
    /// <param name="max">Receives the rows' maxima.</param>
    /// <param name="sum">Receives their sums of weights.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(float* scores, nint stride, int rows, nint begin, nint end, float* max, float* sum)
    {
        if (TSimd.ReducesAndScales && rows == AttentionCpuState.TileRows)
        {
            Run6(scores, stride, begin, end, max, sum);
        }
        else
        {
            RunRows(scores, stride, rows, begin, end, max, sum);
        }
    }

    /// <summary>Row by row, but all maxima first: while the lanes of one come together, the next is under way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunRows(float* scores, nint stride, int rows, nint begin, nint end, float* max, float* sum)
    {
        var first = begin / TSimd.Lanes * TSimd.Lanes;
        for (var r = 0; r < rows; r++)
        {
            max[r] = Largest(scores + r * stride, first, end);
        }

        for (var r = 0; r < rows; r++)
        {
            var m = TSimd.Create(max[r]);
            var total = TSimd.Create(0f);
            for (var i = first; i < end; i += TSimd.Lanes)
            {
                var weights = SoftmaxExp.Power<TSimd, TVector>(TSimd.Subtract(TSimd.Load(scores + i), m));
                TSimd.Store(weights, scores + i);
                total = TSimd.Add(total, weights);
            }

            sum[r] = TSimd.Sum(total);
            scores += stride;
        }
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
