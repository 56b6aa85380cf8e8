using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r, (ky · kernelWidth + kx) · channels + c] = x[image, line, column, c], 0 outside the image.
/// <para>Shapes: y (rows, kernelHeight · kernelWidth · channels). A tile owns some whole rows.</para>
/// <para>Edges: the columns of a kernel's line that lie in the image are one copy where pixels and channels are adjacent.</para>
/// <para>Cost: 8 bytes an element, most of the reads from a cache.</para></summary>
internal static unsafe class UnfoldCpu
{
    internal struct Args
    {
        public float* X;
        public RowPointer Y;
        public RowCountPointer Rows;
        public UnfoldSizes Sizes;
    }

    /// <summary>The integers of <see cref="UnfoldArgs"/>.</summary>
    internal struct UnfoldSizes
    {
        public int ImageStride;
        public int LineStride;
        public int ColumnStride;
        public int ChannelStride;
        public int FirstRow;
        public int Channels;
        public int Height;
        public int Width;
        public int OutHeight;
        public int OutWidth;
        public int KernelHeight;
        public int KernelWidth;
        public int StrideHeight;
        public int StrideWidth;
        public int PaddingHeight;
        public int PaddingWidth;
        public int DilationHeight;
        public int DilationWidth;

        /// <summary>Whether a line of the kernel is one run of memory.</summary>
        public readonly bool HasRuns => ChannelStride == 1 && ColumnStride == Channels && DilationWidth == 1;

        public readonly int RowWidth => KernelHeight * KernelWidth * Channels;
    }

    public static CpuVariant<UnfoldArgs> Variant { get; } =
        new CpuVariant<UnfoldArgs, Args>("unfold-cpu", Convert, &TileCount, &Tile);

    internal static Args Convert(in UnfoldArgs args) => new()
    {
        X = HostAddress.Of(args.X, args.XOffset),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        Sizes = new UnfoldSizes
        {
            ImageStride = args.ImageStride,
            LineStride = args.LineStride,
            ColumnStride = args.ColumnStride,
            ChannelStride = args.ChannelStride,
            FirstRow = args.FirstRow,
            Channels = args.Channels,
            Height = args.Height,
            Width = args.Width,
            OutHeight = args.OutHeight,
            OutWidth = args.OutWidth,
            KernelHeight = args.KernelHeight,
            KernelWidth = args.KernelWidth,
            StrideHeight = args.StrideHeight,
            StrideWidth = args.StrideWidth,
            PaddingHeight = args.PaddingHeight,
            PaddingWidth = args.PaddingWidth,
            DilationHeight = args.DilationHeight,
            DilationWidth = args.DilationWidth,
        },
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Sizes.RowWidth);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile(void* args, int tile)
    {
        ref var a = ref *(Args*)args;
        ref var s = ref a.Sizes;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, s.RowWidth);
        var kernelLine = s.KernelWidth * s.Channels;
        for (var r = first; r < end; r++)
        {
            var (outLine, ox) = Math.DivRem(s.FirstRow + r, s.OutWidth);
            var (image, oy) = Math.DivRem(outLine, s.OutHeight);
            var column = ox * s.StrideWidth - s.PaddingWidth;
            var y = a.Y.Row(r);
            for (var ky = 0; ky < s.KernelHeight; ky++, y += kernelLine)
            {
                var line = oy * s.StrideHeight - s.PaddingHeight + ky * s.DilationHeight;
                if ((uint)line >= (uint)s.Height)
                {
                    Clear(y, kernelLine);
                    continue;
                }

                var x = a.X + (long)image * s.ImageStride + (long)line * s.LineStride;
                if (s.HasRuns)
                {
                    CopyRun(s, x, column, y);
                }
                else
                {
                    CopyTaps(s, x, column, y);
                }
            }
        }
    }

    /// <summary>A line of the kernel as zeros, one run, zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRun(in UnfoldSizes s, float* x, int column, float* y)
    {
        var begin = Math.Clamp(-column, 0, s.KernelWidth);
        var end = Math.Clamp(s.Width - column, begin, s.KernelWidth);
        Clear(y, begin * s.Channels);
        Unsafe.CopyBlockUnaligned(
            y + begin * s.Channels, x + (long)(column + begin) * s.Channels, (uint)((end - begin) * s.Channels) * sizeof(float));
        Clear(y + end * s.Channels, (s.KernelWidth - end) * s.Channels);
    }

    /// <summary>A line of the kernel, element by element.</summary>
    private static void CopyTaps(in UnfoldSizes s, float* x, int column, float* y)
    {
        for (var kx = 0; kx < s.KernelWidth; kx++, column += s.DilationWidth, y += s.Channels)
        {
            if ((uint)column >= (uint)s.Width)
            {
                Clear(y, s.Channels);
                continue;
            }

            var pixel = x + (long)column * s.ColumnStride;
            for (var c = 0; c < s.Channels; c++)
            {
                y[c] = pixel[(long)c * s.ChannelStride];
            }
        }
    }

    private static void Clear(float* y, int count) => new Span<float>(y, count).Clear();
}
