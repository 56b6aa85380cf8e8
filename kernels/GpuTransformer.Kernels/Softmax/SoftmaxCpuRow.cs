using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>The three passes of a softmax over the visible part of one row, which stays in cache between them.</summary>
internal static unsafe class SoftmaxCpuRow<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>softmax(x) in place.</summary>
    public static void Run(float* x, int count) => Divide(x, count, Weigh(x, null, x, count, 1f, Largest(x, null, count, 1f)));

    /// <summary>The largest of scale · x + mask; 0 where all are -infinity, so that the weights are 0 and not NaN. Mask may
    /// be null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(float* x, float* mask, int count, float scale)
    {
        var lanes = TSimd.Lanes;
        var factor = TSimd.Create(scale);
        var hidden = TSimd.Create(float.NegativeInfinity);
        var (max0, max1) = (hidden, hidden);
        var i = 0;
        for (; i + 2 * lanes <= count; i += 2 * lanes)
        {
            max0 = TSimd.Max(Score(x, mask, i, factor), max0);
            max1 = TSimd.Max(Score(x, mask, i + lanes, factor), max1);
        }

        if (i + lanes <= count)
        {
            max0 = TSimd.Max(Score(x, mask, i, factor), max0);
            i += lanes;
        }

        if (i < count)
        {
            max1 = TSimd.Max(LastScores(x, mask, i, count - i, factor), max1);
        }

        var largest = TSimd.Largest(TSimd.Max(max0, max1));
        return largest == float.NegativeInfinity ? 0f : largest;
    }

    /// <summary>y = exp(scale · x + mask - max); returns the sum. y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Weigh(float* x, float* mask, float* y, int count, float scale, float max)
    {
        var lanes = TSimd.Lanes;
        var factor = TSimd.Create(scale);
        var shift = TSimd.Create(max);
        var (sum0, sum1) = (TSimd.Create(0f), TSimd.Create(0f));
        var i = 0;
        for (; i + 2 * lanes <= count; i += 2 * lanes)
        {
            var weights0 = Exp(Score(x, mask, i, factor), shift);
            var weights1 = Exp(Score(x, mask, i + lanes, factor), shift);
            TSimd.Store(weights0, y + i);
            TSimd.Store(weights1, y + i + lanes);
            sum0 = TSimd.Add(sum0, weights0);
            sum1 = TSimd.Add(sum1, weights1);
        }

        if (i + lanes <= count)
        {
            var weights = Exp(Score(x, mask, i, factor), shift);
            TSimd.Store(weights, y + i);
            sum0 = TSimd.Add(sum0, weights);
            i += lanes;
        }

        if (i < count)
        {
            var weights = Exp(LastScores(x, mask, i, count - i, factor), shift);
            TSimd.StoreFirst(weights, y + i, count - i);
            sum1 = TSimd.Add(sum1, weights);
        }

        return TSimd.Sum(TSimd.Add(sum0, sum1));
    }

    /// <summary>y = y / sum; zeros where the sum is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Divide(float* y, int count, float sum)
    {
        var factor = TSimd.Create(sum == 0f ? 0f : 1f / sum);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(y + i), factor), y + i);
        }

        if (i < count)
        {
            TSimd.StoreFirst(TSimd.Multiply(TSimd.LoadFirst(y + i, count - i), factor), y + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Score(float* x, float* mask, int i, TVector factor) => mask == null
        ? TSimd.Multiply(TSimd.Load(x + i), factor)
        : TSimd.MultiplyAdd(TSimd.Load(x + i), factor, TSimd.Load(mask + i));

    /// <summary>The scores of a part of a register, -infinity beyond it.</summary>
    private static TVector LastScores(float* x, float* mask, int i, int count, TVector factor)
    {
        var value = TSimd.LoadFirst(x + i, count);
        value = mask == null
            ? TSimd.Multiply(value, factor)
            : TSimd.MultiplyAdd(value, factor, TSimd.LoadFirst(mask + i, count));
        return TSimd.SelectRange(value, TSimd.Create(float.NegativeInfinity), 0, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exp(TVector score, TVector max) => SoftmaxExp.Exp<TSimd, TVector>(TSimd.Subtract(score, max));
}
