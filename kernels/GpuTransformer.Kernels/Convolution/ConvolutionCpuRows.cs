using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Lays out what positions of a convolution see as rows, (positions, kernelHeight · kernelWidth · channels).
/// What is adjacent is copied together: a line of the kernel where pixels and channels are, a tap where channels are, which
/// is a line of a patch.</summary>
internal static unsafe class ConvolutionCpuRows
{
    /// <summary>The rows of positions [first, first + count).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(in ConvolutionGeometry s, float* x, int first, int count, float* y)
    {
        var kernelLine = s.KernelWidth * s.Channels;
        var lastTap = (s.KernelWidth - 1) * s.DilationWidth;
        var (outLine, ox) = Math.DivRem(first, s.OutWidth);
        var (image, oy) = Math.DivRem(outLine, s.OutHeight);
        for (var r = 0; r < count; r++)
        {
            var column = ox * s.StrideWidth - s.PaddingWidth;
            var isInside = column >= 0 && column + lastTap < s.Width;
            for (var ky = 0; ky < s.KernelHeight; ky++, y += kernelLine)
            {
                var line = oy * s.StrideHeight - s.PaddingHeight + ky * s.DilationHeight;
                if ((uint)line >= (uint)s.Height)
                {
                    Clear(y, kernelLine);
                    continue;
                }

                var from = x + (nint)image * s.ImageStride + (nint)line * s.LineStride;
                if (s.ChannelStride != 1)
                {
                    CopyElements(s, from, column, y);
                }
                else if (isInside)
                {
                    CopyInside(s, from + (nint)column * s.ColumnStride, y);
                }
                else
                {
                    CopyTaps(s, from, column, y);
                }
            }

            if (++ox == s.OutWidth)
            {
                ox = 0;
                if (++oy == s.OutHeight)
                {
                    oy = 0;
                    image++;
                }
            }
        }
    }

    /// <summary>A line of the kernel that lies in the image: one run where its pixels are adjacent too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyInside(in ConvolutionGeometry s, float* x, float* y)
    {
        var (taps, channels, step) = (s.KernelWidth, s.Channels, (nint)s.DilationWidth * s.ColumnStride);
        if (step == channels)
        {
            Unsafe.CopyBlockUnaligned(y, x, (uint)(taps * channels) * sizeof(float));
            return;
        }

        for (var kx = 0; kx < taps; kx++, x += step, y += channels)
        {
            Copy(x, y, channels);
        }
    }

    /// <summary>A line of the kernel tap by tap, each one run or zeros.</summary>
    private static void CopyTaps(in ConvolutionGeometry s, float* x, int column, float* y)
    {
        for (var kx = 0; kx < s.KernelWidth; kx++, column += s.DilationWidth, y += s.Channels)
        {
            if ((uint)column < (uint)s.Width)
            {
                Copy(x + (nint)column * s.ColumnStride, y, s.Channels);
            }
            else
            {
                Clear(y, s.Channels);
            }
        }
    }

    /// <summary>A line of the kernel element by element: planes.</summary>
    private static void CopyElements(in ConvolutionGeometry s, float* x, int column, float* y)
    {
        for (var kx = 0; kx < s.KernelWidth; kx++, column += s.DilationWidth, y += s.Channels)
        {
            if ((uint)column >= (uint)s.Width)
            {
                Clear(y, s.Channels);
                continue;
            }

            var pixel = x + (nint)column * s.ColumnStride;
            for (var c = 0; c < s.Channels; c++, pixel += s.ChannelStride)
            {
                y[c] = *pixel;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* from, float* to, int count)
    {
        var i = 0;
        for (; i + 8 <= count; i += 8)
        {
            Vector256.Store(Vector256.Load(from + i), to + i);
        }

        if (i + 4 <= count)
        {
            Vector128.Store(Vector128.Load(from + i), to + i);
            i += 4;
        }

        for (; i < count; i++)
        {
            to[i] = from[i];
        }
    }

    private static void Clear(float* y, int count) => new Span<float>(y, count).Clear();
}
