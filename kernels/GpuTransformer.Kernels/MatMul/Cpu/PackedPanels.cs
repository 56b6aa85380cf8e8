using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>The panels of a weight in native memory: panel p holds columns p · width to (p + 1) · width of weightᵀ as
/// [k][width], or in a narrow encoding as <see cref="EncodedLayout"/> says; the last is as many registers wide as it needs, padded with zeros. A header of one cache line comes
/// first, so that one address says everything.</summary>
internal static unsafe class PackedPanels
{
    private const int Alignment = 64;

    /// <summary>What stands before the first panel.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Alignment)]
    public struct Header
    {
        public MatMulCpuKind Kind;
        public WeightEncoding Encoding;
        public ActivationEncoding Activations;
        public int N;
        public int K;

        /// <summary>Where the memory came from.</summary>
        public PanelMemory.Slab* Slab;
    }

    public static float* FirstPanel(Header* header) => (float*)((byte*)header + Alignment);

    /// <summary>Bytes of the whole block.</summary>
    public static long ByteSize(MatMulCpuKind kind, WeightEncoding encoding, int n, int k)
    {
        var lanes = MatMulCpuEngine.Of(kind).Lanes;
        var column = encoding == WeightEncoding.F32 ? k * (long)sizeof(float) : EncodedLayout.Of(encoding).ColumnBytes(k);
        return checked(Alignment + (n + (long)lanes - 1) / lanes * lanes * column);
    }

    /// <summary>Bytes of the block at an address.</summary>
    public static long ByteSize(long panels)
    {
        var header = (Header*)panels;
        return ByteSize(header->Kind, header->Encoding, header->N, header->K);
    }

    /// <summary>How products over panels at this address treat their activations.</summary>
    public static ActivationEncoding ActivationsOf(long panels) => ((Header*)panels)->Activations;

    /// <summary>Packs the sources one under the other, on up to <paramref name="threads"/> threads.</summary>
    /// <param name="start">What the header begins with; its encoding is possible for the sources.</param>
    /// <param name="sources">What is packed.</param>
    /// <param name="threads">Threads that pack.</param>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    public static Header* Make(in Header start, WeightRows[] sources, int threads)
    {
        var header = Allocate(start, sources[0].Name);
        try
        {
            ClearPadding(header);
            var first = 0;
            foreach (var source in sources)
            {
                Pack(header, source, first, threads);
                first += source.N;
            }

            return header;
        }
        catch
        {
            Free(header);
            throw;
        }
    }

    /// <summary>The same panels at another address.</summary>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    public static Header* Copy(Header* header)
    {
        var copy = Allocate(*header, "a copy");
        NativeMemory.Copy(FirstPanel(header), FirstPanel(copy), (nuint)(ByteSize((long)header) - Alignment));
        return copy;
    }

    /// <summary>The header, and memory for the panels behind it.</summary>
    private static Header* Allocate(in Header start, string name)
    {
        var bytes = ByteSize(start.Kind, start.Encoding, start.N, start.K);
        try
        {
            var header = (Header*)PanelMemory.Shared.Rent(bytes, out var slab);
            *header = start;
            header->Slab = slab;
            return header;
        }
        catch (OutOfMemoryException error)
        {
            throw new DeviceException($"{name}: {bytes} bytes for the packed weight are not there.", error);
        }
    }

    /// <summary>Refuses panels of another shape, and a batch of weights, which panels are not.</summary>
    public static void Check(string operation, long panels, int n, int k, int batchStride)
    {
        var header = (Header*)panels;
        if (header->N != n || header->K != k)
        {
            throw new ShapeException(
                $"{operation}: the packed weight is ({header->N}, {header->K}), expected ({n}, {k}).");
        }

        if (batchStride != 0)
        {
            throw new ShapeException(
                $"{operation}: a packed weight serves the whole batch, expected batch stride 0, found {batchStride}.");
        }
    }

    private static void Pack(Header* header, WeightRows source, int first, int threads)
    {
        try
        {
            if (header->Encoding == WeightEncoding.F32)
            {
                new Packer(header, source, first).Run(threads);
            }
            else
            {
                EncodedPanels.Pack(header, source, first, threads);
            }
        }
        catch (AggregateException errors) when (errors.InnerExceptions[0] is GpuTransformerException error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    public static void Free(Header* header)
    {
        if (header != null)
        {
            PanelMemory.Shared.Return(header, header->Slab);
        }
    }

    /// <summary>Column <paramref name="n"/> of the panels, which is row n of the weight.</summary>
    public static void CopyRow(Header* header, int n, Span<float> row)
    {
        if (header->Encoding != WeightEncoding.F32)
        {
            EncodedPanels.CopyRow(header, n, row);
            return;
        }

        var place = PlaceOf(header, n, out var width, out _);
        for (var k = 0; k < header->K; k++)
        {
            row[k] = place[(nint)k * width];
        }
    }

    /// <summary>The address of element (n, k = 0), the width of its panel, and columns from n to the panel's end.</summary>
    private static float* PlaceOf(Header* header, int n, out int width, out int columnsLeft)
    {
        var engine = MatMulCpuEngine.Of(header->Kind);
        var column = n / engine.PanelWidth * engine.PanelWidth;
        width = Math.Min(engine.PanelWidth, (header->N - column + engine.Lanes - 1) / engine.Lanes * engine.Lanes);
        columnsLeft = Math.Min(column + width, header->N) - n;
        return FirstPanel(header) + (nint)column * header->K + (n - column);
    }

    /// <summary>Zeros in the last panel where it is wider than its columns.</summary>
    private static void ClearPadding(Header* header)
    {
        var engine = MatMulCpuEngine.Of(header->Kind);
        if (header->N % engine.Lanes != 0)
        {
            var column = (header->N - 1) / engine.PanelWidth * engine.PanelWidth;
            var before = ByteSize(header->Kind, header->Encoding, column, header->K);
            var bytes = ByteSize(header->Kind, header->Encoding, header->N, header->K) - before;
            NativeMemory.Clear((byte*)header + before, (nuint)bytes);
        }
    }

    /// <summary>Packs one source into the columns from <paramref name="first"/> on.</summary>
    private sealed class Packer(Header* header, WeightRows source, int first)
    {
        // 48 rows of 512 are 96 KB: they stay in the second-level cache between reading and transposing.
        private const int DepthOfRead = 512;

        public void Run(int threads)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
            if (source.IsTransposed)
            {
                Parallel.For(0, (source.K + 15) / 16, options, i => FromColumns(i * 16, Math.Min(16, source.K - i * 16)));
            }
            else
            {
                var width = MatMulCpuEngine.Of(header->Kind).PanelWidth;
                var panels = (first + source.N - 1) / width - first / width + 1;
                Parallel.For(0, panels, options, i => FromRows(first / width + i, width));
            }
        }

        /// <summary>(N, K): the rows that fall into one panel, transposed.</summary>
        private void FromRows(int panel, int panelWidth)
        {
            var from = Math.Max(first, panel * panelWidth);
            var rows = Math.Min(first + source.N, (panel + 1) * panelWidth) - from;
            var place = PlaceOf(header, from, out var width, out _);
            var read = CpuScratch.Floats(rows * DepthOfRead);
            for (var k = 0; k < source.K; k += DepthOfRead)
            {
                var depth = Math.Min(DepthOfRead, source.K - k);
                for (var r = 0; r < rows; r++)
                {
                    source.Read(from - first + r, k, new Span<float>(read + r * DepthOfRead, depth));
                }

                MatMulCpuPacking.Transpose(read, DepthOfRead, rows, depth, place + (nint)k * width, width);
            }
        }

        /// <summary>(K, N): whole stored rows, handed out over the panels.</summary>
        private void FromColumns(int firstK, int depth)
        {
            var read = CpuScratch.Floats(source.N);
            for (var k = firstK; k < firstK + depth; k++)
            {
                source.Read(k, 0, new Span<float>(read, source.N));
                for (var n = 0; n < source.N;)
                {
                    var place = PlaceOf(header, first + n, out var width, out var left);
                    var count = Math.Min(left, source.N - n);
                    new Span<float>(read + n, count).CopyTo(new Span<float>(place + (nint)k * width, count));
                    n += count;
                }
            }
        }
    }
}
