using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Transposes a small matrix in cache, 4 x 4 elements at a time.</summary>
internal static unsafe class BlockTranspose
{
    /// <summary>to[column, row] = from[row, column].</summary>
    /// <param name="from">Element (0, 0) of the source.</param>
    /// <param name="fromStride">Elements from one row of the source to the next.</param>
    /// <param name="to">Element (0, 0) of the target.</param>
    /// <param name="toStride">Elements from one row of the target to the next.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="columns">Columns of the source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        var r = 0;
        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            for (; r + 4 <= rows; r += 4)
            {
                var source = from + r * fromStride;
                var target = to + r;
                var c = 0;
                for (; c + 4 <= columns; c += 4)
                {
                    FourByFour(source + c, fromStride, target, toStride);
                    target += 4 * toStride;
                }

                for (; c < columns; c++)
                {
                    target[0] = source[c];
                    target[1] = source[c + fromStride];
                    target[2] = source[c + 2 * fromStride];
                    target[3] = source[c + 3 * fromStride];
                    target += toStride;
                }
            }
        }

        for (; r < rows; r++)
        {
            var source = from + r * fromStride;
            var target = to + r;
            for (var c = 0; c < columns; c++)
            {
                *target = source[c];
                target += toStride;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourByFour(float* from, nint fromStride, float* to, nint toStride)
    {
        var a = Vector128.Load(from);
        var b = Vector128.Load(from + fromStride);
        var c = Vector128.Load(from + 2 * fromStride);
        var d = Vector128.Load(from + 3 * fromStride);
        Vector128<float> abLow, abHigh, cdLow, cdHigh;
        if (Sse.IsSupported)
        {
            (abLow, abHigh) = (Sse.UnpackLow(a, b), Sse.UnpackHigh(a, b));
            (cdLow, cdHigh) = (Sse.UnpackLow(c, d), Sse.UnpackHigh(c, d));
        }
        else
        {
            (abLow, abHigh) = (AdvSimd.Arm64.ZipLow(a, b), AdvSimd.Arm64.ZipHigh(a, b));
            (cdLow, cdHigh) = (AdvSimd.Arm64.ZipLow(c, d), AdvSimd.Arm64.ZipHigh(c, d));
        }

        Vector128.Create(abLow.GetLower(), cdLow.GetLower()).Store(to);
        Vector128.Create(abLow.GetUpper(), cdLow.GetUpper()).Store(to + toStride);
        Vector128.Create(abHigh.GetLower(), cdHigh.GetLower()).Store(to + 2 * toStride);
        Vector128.Create(abHigh.GetUpper(), cdHigh.GetUpper()).Store(to + 3 * toStride);
    }
}
