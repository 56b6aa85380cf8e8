using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Asks for the part of a panel that comes up. Processors follow streams by themselves, but stop at each page.</summary>
internal static unsafe class MatMulCpuPrefetch
{
    public const int LineBytes = 64;

    public const int LineFloats = 16;

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


    /// <summary>Floats of each of <paramref name="tiles"/> tiles that bring <paramref name="floats"/> together, whole cache
    /// lines.</summary>
    public static nint Share(nint floats, int tiles)
    {
        var of = (nint)tiles * LineFloats;
        return (floats + of - 1) / of * LineFloats;
    }

    /// <summary>One line of each stretch of what comes up next, k · 4 floats apart: several streams read memory faster than
    /// one, and over the k of a tile, four at a time, the stretches are there whole.</summary>
    /// <param name="ahead">Where the first stretch is for this k.</param>
    /// <param name="k">The k of the tile.</param>
    /// <param name="end">The end of what is asked for.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void IntoSecondLevel(float* ahead, nint k, float* end)
    {
        if (Sse.IsSupported)
        {
            for (; ahead < end; ahead += 4 * k)
            {
                Sse.Prefetch1(ahead);
            }
        }
    }

    /// <summary>Streams that bring a panel while another is computed whose words take <paramref name="bytes"/> a step: a
    /// cache line each a step, up to four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int StreamsFor(int bytes) => Math.Min(4, (bytes + bytes / 4 + LineBytes - 1) / LineBytes);

    /// <summary>Bytes of the stretch that each stream takes, whole cache lines.</summary>
    public static nint Stretch(nint bytes, int streams) => (bytes / streams + LineBytes - 1) / LineBytes * LineBytes;

    /// <summary>A line of each stretch: one stream reads 6 to 8 GB/s, four read 9 to 14.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Streams(byte* ahead, nint stretch, int streams)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(ahead);
            if (streams > 1)
            {
                Sse.Prefetch1(ahead + stretch);
            }

            if (streams > 2)
            {
                Sse.Prefetch1(ahead + 2 * stretch);
            }

            if (streams > 3)
            {
                Sse.Prefetch1(ahead + 3 * stretch);
            }
        }
    }
}
