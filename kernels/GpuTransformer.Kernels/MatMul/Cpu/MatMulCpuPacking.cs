using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Brings part of a weight into the form that the tiles read: panel[k][n], n across one panel.</summary>
internal static unsafe class MatMulCpuPacking
{
    // 64 k of a panel of 48 are 12 KB: they stay in the first-level cache while all rows are written into them.
    private const int Depth = 64;

    /// <summary>Fills panel (k, width) from element (n, k) at n · rowStride + k · columnStride; columns from
    /// <paramref name="columns"/> on become 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(
        float* weight, nint rowStride, nint columnStride, int columns, nint k, float* panel, int width)
    {
        if (columnStride == 1)
        {
            Transpose(weight, rowStride, columns, k, panel, width);
        }
        else if (rowStride == 1)
        {
            for (nint i = 0; i < k; i++)
            {
                new ReadOnlySpan<float>(weight + i * columnStride, columns).CopyTo(new Span<float>(panel + i * width, width));
            }
        }
        else
        {
            for (nint i = 0; i < k; i++)
            {
                var source = weight + i * columnStride;
                for (nint n = 0; n < columns; n++)
                {
                    panel[i * width + n] = source[n * rowStride];
                }
            }
        }

        Clear(panel, columns, k, width);
    }

    /// <summary>destination[k · width + n] = source[n · stride + k] for n below <paramref name="rows"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint stride, int rows, nint k, float* destination, nint width)
    {
        for (nint first = 0; first < k; first += Depth)
        {
            var depth = nint.Min(Depth, k - first);
            var from = source + first;
            var to = destination + first * width;
            var n = 0;
            for (; n + 4 <= rows; n += 4)
            {
                Transpose4(from + n * stride, stride, depth, to + n, width);
            }

            for (; n < rows; n++)
            {
                for (nint i = 0; i < depth; i++)
                {
                    to[i * width + n] = from[n * stride + i];
                }
            }
        }
    }

    /// <summary>Sets columns from <paramref name="columns"/> on to 0.</summary>
    public static void Clear(float* panel, int columns, nint k, int width)
    {
        if (columns == width)
        {
            return;
        }

        for (nint i = 0; i < k; i++)
        {
            new Span<float>(panel + i * width + columns, width - columns).Clear();
        }
    }

    /// <summary>Four rows, in squares of 4 x 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose4(float* source, nint stride, nint k, float* destination, nint width)
    {
        var row2 = source + 2 * stride;
        nint i = 0;
        for (; i + 4 <= k; i += 4)
        {
            var a = Vector128.Load(source + i);
            var b = Vector128.Load(source + stride + i);
            var c = Vector128.Load(row2 + i);
            var d = Vector128.Load(row2 + stride + i);
            var ab = UnpackLow(a, b).AsDouble();
            var cd = UnpackLow(c, d).AsDouble();
            UnpackLow(ab, cd).AsSingle().Store(destination);
            UnpackHigh(ab, cd).AsSingle().Store(destination + width);
            ab = UnpackHigh(a, b).AsDouble();
            cd = UnpackHigh(c, d).AsDouble();
            UnpackLow(ab, cd).AsSingle().Store(destination + 2 * width);
            UnpackHigh(ab, cd).AsSingle().Store(destination + 3 * width);
            destination += 4 * width;
        }

        for (; i < k; i++)
        {
            for (nint r = 0; r < 4; r++)
            {
                destination[r] = source[r * stride + i];
            }

            destination += width;
        }
    }

    /// <summary>a0 b0 a1 b1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    /// <summary>a2 b2 a3 b3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> UnpackLow(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> UnpackHigh(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[1], b[1]);
}
