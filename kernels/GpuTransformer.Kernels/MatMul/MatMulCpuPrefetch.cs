using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Asks for the part of a panel that comes up. Processors follow streams by themselves, but stop at each page.</summary>
internal static unsafe class MatMulCpuPrefetch
{
    private const int LineFloats = 16;

    /// <summary>The cache lines that one k of a panel takes, <paramref name="distance"/> floats ahead.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead<TSimd, TVector, TVectors>(float* panel, int distance)
        where TSimd : ISimd<TVector>
        where TVector : struct
        where TVectors : ICount
    {
        TSimd.Prefetch(panel + distance);
        if (TVectors.Value * TSimd.Lanes > LineFloats)
        {
            TSimd.Prefetch(panel + distance + LineFloats);
        }

        if (TVectors.Value * TSimd.Lanes > 2 * LineFloats)
        {
            TSimd.Prefetch(panel + distance + 2 * LineFloats);
        }
    }
}
