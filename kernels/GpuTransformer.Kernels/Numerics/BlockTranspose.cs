using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Transposes a small matrix in cache, 16, 8 or 4 rows by 4 columns at a time: a register holds the same four
/// columns of rows that are four apart, so that four registers, transposed within each 128 bits, are four whole columns.</summary>
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
                Strip(from + first * fromStride + c, fromStride, to + c * toStride + first, toStride, end - first);
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

    /// <summary>4 to 16 rows, a multiple of 4, by 4 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Strip(float* from, nint fromStride, float* to, nint toStride, int rows)
    {
        var r = 0;
        if (Avx512F.IsSupported && rows == 16)
        {
            SixteenByFour(from, fromStride, to, toStride);
            return;
        }

        for (; Avx.IsSupported && r + 8 <= rows; r += 8)
        {
            EightByFour(from + r * fromStride, fromStride, to + r, toStride);
        }

        for (; r < rows; r += 4)
        {
            FourByFour(from + r * fromStride, fromStride, to + r, toStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SixteenByFour(float* from, nint fromStride, float* to, nint toStride)
    {
        var a = EveryFourthOf16(from, fromStride);
        var b = EveryFourthOf16(from + fromStride, fromStride);
        var c = EveryFourthOf16(from + 2 * fromStride, fromStride);
        var d = EveryFourthOf16(from + 3 * fromStride, fromStride);
        var abLow = Avx512F.UnpackLow(a, b).AsDouble();
        var abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
        var cdLow = Avx512F.UnpackLow(c, d).AsDouble();
        var cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
        Avx512F.UnpackLow(abLow, cdLow).AsSingle().Store(to);
        Avx512F.UnpackHigh(abLow, cdLow).AsSingle().Store(to + toStride);
        Avx512F.UnpackLow(abHigh, cdHigh).AsSingle().Store(to + 2 * toStride);
        Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle().Store(to + 3 * toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> EveryFourthOf16(float* from, nint stride)
    {
        var rows = Vector128.Load(from).ToVector256Unsafe().ToVector512Unsafe();
        rows = Avx512F.InsertVector128(rows, Vector128.Load(from + 4 * stride), 1);
        rows = Avx512F.InsertVector128(rows, Vector128.Load(from + 8 * stride), 2);
        return Avx512F.InsertVector128(rows, Vector128.Load(from + 12 * stride), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightByFour(float* from, nint fromStride, float* to, nint toStride)
    {
        var a = EveryFourthOf8(from, fromStride);
        var b = EveryFourthOf8(from + fromStride, fromStride);
        var c = EveryFourthOf8(from + 2 * fromStride, fromStride);
        var d = EveryFourthOf8(from + 3 * fromStride, fromStride);
        var abLow = Avx.UnpackLow(a, b).AsDouble();
        var abHigh = Avx.UnpackHigh(a, b).AsDouble();
        var cdLow = Avx.UnpackLow(c, d).AsDouble();
        var cdHigh = Avx.UnpackHigh(c, d).AsDouble();
        Avx.UnpackLow(abLow, cdLow).AsSingle().Store(to);
        Avx.UnpackHigh(abLow, cdLow).AsSingle().Store(to + toStride);
        Avx.UnpackLow(abHigh, cdHigh).AsSingle().Store(to + 2 * toStride);
        Avx.UnpackHigh(abHigh, cdHigh).AsSingle().Store(to + 3 * toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> EveryFourthOf8(float* from, nint stride) =>
        Avx.InsertVector128(Vector128.Load(from).ToVector256Unsafe(), Vector128.Load(from + 4 * stride), 1);

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
