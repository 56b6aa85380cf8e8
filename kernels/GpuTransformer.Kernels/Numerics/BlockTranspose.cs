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
        var (fourRows, fourColumns) = Sse.IsSupported || AdvSimd.Arm64.IsSupported ? (rows & ~3, columns & ~3) : (0, 0);

        // 16 rows at a time fill whole cache lines of the target before the next ones are touched.
        for (var first = 0; first < fourRows; first += 16)
        {
            var end = Math.Min(first + 16, fourRows);
            for (var c = 0; c < fourColumns; c += 4)
            {
                for (var r = first; r < end; r += 4)
                {
                    FourByFour(from + r * fromStride + c, fromStride, to + c * toStride + r, toStride);
                }
            }
        }

        Rest(from, fromStride, to, toStride, fourRows, rows, 0, columns);
        Rest(from, fromStride, to, toStride, 0, fourRows, fourColumns, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rest(
        float* from, nint fromStride, float* to, nint toStride, int firstRow, int endRow, int firstColumn, int endColumn)
    {
        for (var r = firstRow; r < endRow; r++)
        {
            for (var c = firstColumn; c < endColumn; c++)
            {
                to[c * toStride + r] = from[r * fromStride + c];
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
        if (Sse.IsSupported)
        {
            var abLow = Sse.UnpackLow(a, b);
            var abHigh = Sse.UnpackHigh(a, b);
            var cdLow = Sse.UnpackLow(c, d);
            var cdHigh = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(abLow, cdLow).Store(to);
            Sse.MoveHighToLow(cdLow, abLow).Store(to + toStride);
            Sse.MoveLowToHigh(abHigh, cdHigh).Store(to + 2 * toStride);
            Sse.MoveHighToLow(cdHigh, abHigh).Store(to + 3 * toStride);
        }
        else
        {
            var abLow = AdvSimd.Arm64.ZipLow(a, b).AsDouble();
            var abHigh = AdvSimd.Arm64.ZipHigh(a, b).AsDouble();
            var cdLow = AdvSimd.Arm64.ZipLow(c, d).AsDouble();
            var cdHigh = AdvSimd.Arm64.ZipHigh(c, d).AsDouble();
            AdvSimd.Arm64.ZipLow(abLow, cdLow).AsSingle().Store(to);
            AdvSimd.Arm64.ZipHigh(abLow, cdLow).AsSingle().Store(to + toStride);
            AdvSimd.Arm64.ZipLow(abHigh, cdHigh).AsSingle().Store(to + 2 * toStride);
            AdvSimd.Arm64.ZipHigh(abHigh, cdHigh).AsSingle().Store(to + 3 * toStride);
        }
    }
}
