using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary><see cref="SoftmaxCpuRow{TSimd, TVector}"/> for two rows of one width without a mask, whose maxima and sums, long
/// chains of dependent operations, overlap. Each row gets the bits that it gets alone. Only the first of the passes reads
/// memory, so the second, which waits for nothing, asks for the two rows after these: 5.5 ns became 4.5 a register
/// of 512 bits where x and y are 24 MB, as long as a plain copy takes.</summary>
internal static unsafe class SoftmaxCpuPair<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>Longer rows would push themselves out of the first-level cache.</summary>
    private const int LongestAhead = 1024;

    private const int LineFloats = 16;

    /// <summary>y = softmax(scale · x) for rows <paramref name="r"/> and r + 1; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(RowPointer x, RowPointer y, int r, int count, float scale)
    {
        var x0 = x.Row(r);
        var x1 = x.Row(r + 1);
        var y0 = y.Row(r);
        var y1 = y.Row(r + 1);
        var (xAhead, yAhead) = count <= LongestAhead ? (2L * x.Stride, 2L * y.Stride) : (0L, 0L);
        Largest(x0, x1, count, scale, out var max0, out var max1);
        Weigh(x0, x1, y0, y1, count, scale, max0, max1, xAhead, yAhead, out var sum0, out var sum1);
        var factor0 = TSimd.Create(sum0 == 0f ? 0f : 1f / sum0);
        var factor1 = TSimd.Create(sum1 == 0f ? 0f : 1f / sum1);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(y0 + i), factor0), y0 + i);
            TSimd.Store(TSimd.Multiply(TSimd.Load(y1 + i), factor1), y1 + i);
        }

        if (i < count)
        {
            TSimd.StoreFirst(TSimd.Multiply(TSimd.LoadFirst(y0 + i, count - i), factor0), y0 + i, count - i);
            TSimd.StoreFirst(TSimd.Multiply(TSimd.LoadFirst(y1 + i, count - i), factor1), y1 + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Largest(float* x0, float* x1, int count, float scale, out float max0, out float max1)
    {
        var lanes = TSimd.Lanes;
        var factor = TSimd.Create(scale);
        var hidden = TSimd.Create(float.NegativeInfinity);
        var (a0, a1, b0, b1) = (hidden, hidden, hidden, hidden);
        var i = 0;
        for (; i + 2 * lanes <= count; i += 2 * lanes)
        {
            a0 = TSimd.Max(TSimd.Multiply(TSimd.Load(x0 + i), factor), a0);
            b0 = TSimd.Max(TSimd.Multiply(TSimd.Load(x1 + i), factor), b0);
            a1 = TSimd.Max(TSimd.Multiply(TSimd.Load(x0 + i + lanes), factor), a1);
            b1 = TSimd.Max(TSimd.Multiply(TSimd.Load(x1 + i + lanes), factor), b1);
        }

        for (; i < count; i += lanes)
        {
            a0 = TSimd.Max(Scores(x0, i, count, factor), a0);
            b0 = TSimd.Max(Scores(x1, i, count, factor), b0);
        }

        max0 = Finite(TSimd.Largest(TSimd.Max(a0, a1)));
        max1 = Finite(TSimd.Largest(TSimd.Max(b0, b1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weigh(
        float* x0, float* x1, float* y0, float* y1, int count, float scale, float max0, float max1, long xAhead, long yAhead,
        out float sum0, out float sum1)
    {
        var lanes = TSimd.Lanes;
        var factor = TSimd.Create(scale);
        var (shift0, shift1) = (TSimd.Create(max0), TSimd.Create(max1));
        var zero = TSimd.Create(0f);
        var (a0, a1, b0, b1) = (zero, zero, zero, zero);
        var i = 0;
        for (; i + 2 * lanes <= count; i += 2 * lanes)
        {
            Ahead(x0 + i + xAhead);
            Ahead(x1 + i + xAhead);
            Ahead(y0 + i + yAhead);
            Ahead(y1 + i + yAhead);
            a0 = TSimd.Add(a0, Store(Exp(TSimd.Multiply(TSimd.Load(x0 + i), factor), shift0), y0 + i));
            b0 = TSimd.Add(b0, Store(Exp(TSimd.Multiply(TSimd.Load(x1 + i), factor), shift1), y1 + i));
            a1 = TSimd.Add(a1, Store(Exp(TSimd.Multiply(TSimd.Load(x0 + i + lanes), factor), shift0), y0 + i + lanes));
            b1 = TSimd.Add(b1, Store(Exp(TSimd.Multiply(TSimd.Load(x1 + i + lanes), factor), shift1), y1 + i + lanes));
        }

        if (i + lanes <= count)
        {
            a0 = TSimd.Add(a0, Store(Exp(TSimd.Multiply(TSimd.Load(x0 + i), factor), shift0), y0 + i));
            b0 = TSimd.Add(b0, Store(Exp(TSimd.Multiply(TSimd.Load(x1 + i), factor), shift1), y1 + i));
            i += lanes;
        }

        if (i < count)
        {
            var (last0, last1) = (Exp(Scores(x0, i, count, factor), shift0), Exp(Scores(x1, i, count, factor), shift1));
            TSimd.StoreFirst(last0, y0 + i, count - i);
            TSimd.StoreFirst(last1, y1 + i, count - i);
            a1 = TSimd.Add(a1, last0);
            b1 = TSimd.Add(b1, last1);
        }

        sum0 = TSimd.Sum(TSimd.Add(a0, a1));
        sum1 = TSimd.Sum(TSimd.Add(b0, b1));
    }

    /// <summary>Asks for the lines of two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ahead(float* address)
    {
        TSimd.Prefetch(address);
        if (TSimd.Lanes == LineFloats)
        {
            TSimd.Prefetch(address + LineFloats);
        }
    }

    /// <summary>The scores from <paramref name="i"/> on, -infinity beyond the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Scores(float* x, int i, int count, TVector factor) => i + TSimd.Lanes <= count
        ? TSimd.Multiply(TSimd.Load(x + i), factor)
        : TSimd.SelectRange(
            TSimd.Multiply(TSimd.LoadFirst(x + i, count - i), factor), TSimd.Create(float.NegativeInfinity), 0, count - i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exp(TVector score, TVector max) => SoftmaxExp.Exp<TSimd, TVector>(TSimd.Subtract(score, max));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Store(TVector value, float* to)
    {
        TSimd.Store(value, to);
        return value;
    }

    /// <summary>0 where every score is -infinity, so that the weights are 0 and not NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finite(float largest) => largest == float.NegativeInfinity ? 0f : largest;
}
