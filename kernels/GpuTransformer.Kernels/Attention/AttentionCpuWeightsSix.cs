using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Six rows, a whole panel tile where there are 32 registers: each step of the power is written for all of them
/// before the next, so that what waits for a result does not fill the scheduler, and the processor sees as far as the maxima
/// of the next rows. Two rows at a time take a third more.</summary>
internal static unsafe partial class AttentionCpuWeights<TSimd, TVector>
{
    /// <summary>Six rows, where registers reduce and scale.</summary>
    /// <param name="scores">Scores of the first row.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="begin">First slot.</param>
    /// <param name="end">End of the slots.</param>
    /// <param name="max">Receives the maxima.</param>
    /// <param name="sum">Receives the sums of weights.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run6(float* scores, nint stride, nint begin, nint end, float* max, float* sum)
    {
        var first = begin / TSimd.Lanes * TSimd.Lanes;
        Largest6(scores, stride, first, end, max);
        var row1 = scores + stride;
        var row2 = row1 + stride;
        var row3 = row2 + stride;
        var row4 = row3 + stride;
        var row5 = row4 + stride;
        var zero = TSimd.Create(0f);
        var (sum0, sum1, sum2, sum3, sum4, sum5) = (zero, zero, zero, zero, zero, zero);
        for (var i = first; i < end; i += TSimd.Lanes)
        {
            // The maxima stay in memory: sums and powers need the registers.
            var w0 = TSimd.Subtract(TSimd.Load(scores + i), TSimd.Create(max[0]));
            var w1 = TSimd.Subtract(TSimd.Load(row1 + i), TSimd.Create(max[1]));
            var w2 = TSimd.Subtract(TSimd.Load(row2 + i), TSimd.Create(max[2]));
            var w3 = TSimd.Subtract(TSimd.Load(row3 + i), TSimd.Create(max[3]));
            var w4 = TSimd.Subtract(TSimd.Load(row4 + i), TSimd.Create(max[4]));
            var w5 = TSimd.Subtract(TSimd.Load(row5 + i), TSimd.Create(max[5]));
            Power6(ref w0, ref w1, ref w2, ref w3, ref w4, ref w5);
            TSimd.Store(w0, scores + i);
            TSimd.Store(w1, row1 + i);
            TSimd.Store(w2, row2 + i);
            TSimd.Store(w3, row3 + i);
            TSimd.Store(w4, row4 + i);
            TSimd.Store(w5, row5 + i);
            sum0 = TSimd.Add(sum0, w0);
            sum1 = TSimd.Add(sum1, w1);
            sum2 = TSimd.Add(sum2, w2);
            sum3 = TSimd.Add(sum3, w3);
            sum4 = TSimd.Add(sum4, w4);
            sum5 = TSimd.Add(sum5, w5);
        }

        sum[0] = TSimd.Sum(sum0);
        sum[1] = TSimd.Sum(sum1);
        sum[2] = TSimd.Sum(sum2);
        sum[3] = TSimd.Sum(sum3);
        sum[4] = TSimd.Sum(sum4);
        sum[5] = TSimd.Sum(sum5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Largest6(float* scores, nint stride, nint first, nint end, float* max)
    {
        var hidden = TSimd.Create(float.NegativeInfinity);
        var (m0, m1, m2, m3, m4, m5) = (hidden, hidden, hidden, hidden, hidden, hidden);
        for (var row = scores + first; row < scores + end; row += TSimd.Lanes)
        {
            m0 = TSimd.Max(TSimd.Load(row), m0);
            m1 = TSimd.Max(TSimd.Load(row + stride), m1);
            m2 = TSimd.Max(TSimd.Load(row + 2 * stride), m2);
            m3 = TSimd.Max(TSimd.Load(row + 3 * stride), m3);
            m4 = TSimd.Max(TSimd.Load(row + 4 * stride), m4);
            m5 = TSimd.Max(TSimd.Load(row + 5 * stride), m5);
        }

        max[0] = LargestOf(m0);
        max[1] = LargestOf(m1);
        max[2] = LargestOf(m2);
        max[3] = LargestOf(m3);
        max[4] = LargestOf(m4);
        max[5] = LargestOf(m5);
    }

    /// <summary><see cref="SoftmaxExp.Power{TSimd, TVector}(TVector)"/> of six registers, in place, with its bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Power6(
        ref TVector t0, ref TVector t1, ref TVector t2, ref TVector t3, ref TVector t4, ref TVector t5)
    {
        var r0 = TSimd.Fraction(t0, out var whole0);
        var r1 = TSimd.Fraction(t1, out var whole1);
        var r2 = TSimd.Fraction(t2, out var whole2);
        var r3 = TSimd.Fraction(t3, out var whole3);
        var r4 = TSimd.Fraction(t4, out var whole4);
        var r5 = TSimd.Fraction(t5, out var whole5);
        var p0 = TSimd.Create(SoftmaxExp.Q5);
        var (p1, p2, p3, p4, p5) = (p0, p0, p0, p0, p0);
        Step6(ref p0, ref p1, ref p2, ref p3, ref p4, ref p5, r0, r1, r2, r3, r4, r5, SoftmaxExp.Q4);
        Step6(ref p0, ref p1, ref p2, ref p3, ref p4, ref p5, r0, r1, r2, r3, r4, r5, SoftmaxExp.Q3);
        Step6(ref p0, ref p1, ref p2, ref p3, ref p4, ref p5, r0, r1, r2, r3, r4, r5, SoftmaxExp.Q2);
        Step6(ref p0, ref p1, ref p2, ref p3, ref p4, ref p5, r0, r1, r2, r3, r4, r5, SoftmaxExp.Q1);
        Step6(ref p0, ref p1, ref p2, ref p3, ref p4, ref p5, r0, r1, r2, r3, r4, r5, 1f);
        var lowest = TSimd.Create(SoftmaxExp.LowestPower);
        t0 = TSimd.ZeroBelow(TSimd.ScaleByFloor(p0, whole0), t0, lowest);
        t1 = TSimd.ZeroBelow(TSimd.ScaleByFloor(p1, whole1), t1, lowest);
        t2 = TSimd.ZeroBelow(TSimd.ScaleByFloor(p2, whole2), t2, lowest);
        t3 = TSimd.ZeroBelow(TSimd.ScaleByFloor(p3, whole3), t3, lowest);
        t4 = TSimd.ZeroBelow(TSimd.ScaleByFloor(p4, whole4), t4, lowest);
        t5 = TSimd.ZeroBelow(TSimd.ScaleByFloor(p5, whole5), t5, lowest);
    }

    /// <summary>One step of six polynomials: p = p · r + coefficient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step6(
        ref TVector p0, ref TVector p1, ref TVector p2, ref TVector p3, ref TVector p4, ref TVector p5,
        TVector r0, TVector r1, TVector r2, TVector r3, TVector r4, TVector r5, float coefficient)
    {
        var c = TSimd.Create(coefficient);
        p0 = TSimd.MultiplyAdd(p0, r0, c);
        p1 = TSimd.MultiplyAdd(p1, r1, c);
        p2 = TSimd.MultiplyAdd(p2, r2, c);
        p3 = TSimd.MultiplyAdd(p3, r3, c);
        p4 = TSimd.MultiplyAdd(p4, r4, c);
        p5 = TSimd.MultiplyAdd(p5, r5, c);
    }
}
