using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Values of a head with rows of whole registers, as the second product of attention reads them.</summary>
internal static unsafe class AttentionCpuValues<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>Copies rows; what a row is widened by is 0.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="fromStride">Elements from one row to the next.</param>
    /// <param name="to">Where they go, one row behind the other.</param>
    /// <param name="rows">How many.</param>
    /// <param name="headDim">Elements of a row.</param>
    /// <param name="width">The same in whole registers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint fromStride, float* to, int rows, int headDim, int width)
    {
        for (var r = 0; r < rows; r++)
        {
            var d = 0;
            for (; d + TSimd.Lanes <= headDim; d += TSimd.Lanes)
            {
                TSimd.Store(TSimd.Load(from + d), to + d);
            }

            if (d < headDim)
            {
                TSimd.Store(TSimd.LoadFirst(from + d, headDim - d), to + d);
            }

            from += fromStride;
            to += width;
        }
    }
}
