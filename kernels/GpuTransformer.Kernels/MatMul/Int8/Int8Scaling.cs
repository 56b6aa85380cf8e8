using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>The one formula by which integer sums of a block become part of an output, so that all tiles have the same bits:
/// sum + integer · (scale of x · scale), one rounding of the product in parentheses and one of the rest; then, where the
/// weight has a minimum, + minimum · (scale of x · Σq), rounded likewise.</summary>
internal static unsafe class Int8Scaling<TSimd, TLanes, TDot, TFloat, TInt, TForm>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
{
    /// <param name="sum">The outputs so far.</param>
    /// <param name="integers">Sums of products, as the dot product has them.</param>
    /// <param name="x">The block of x.</param>
    /// <param name="start">Where the start of the sums is.</param>
    /// <param name="scale">The weight's scales.</param>
    /// <param name="minimum">Its minima, where it has such.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Add(TFloat sum, TInt integers, byte* x, int* start, TFloat scale, TFloat minimum)
    {
        var factor = TSimd.Multiply(TSimd.Create(*(float*)x), scale);
        sum = TSimd.MultiplyAdd(TLanes.LessBias(TDot.Finish(integers, start)), factor, sum);
        return TForm.HasMinimum
            ? TSimd.MultiplyAdd(minimum, TSimd.Create(*(float*)(x + Int8Rows.ScaledSum)), sum)
            : sum;
    }
}
