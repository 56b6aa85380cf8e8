using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>A weight in the form that a kernel set's matmul reads fastest: panels in aligned native memory for the CPU
/// variant, a row-major device buffer for the others. Made once for encoding, variant and instruction set; it does not
/// change, so any number of threads may use it. It must outlive every launch that uses it.</summary>
public sealed unsafe class PackedMatrix : IDisposable
{
    private const int UploadFloats = 1 << 20;

    private readonly PooledMemory<float>? _rows;
    private readonly int _rowStride;
    private PackedPanels.Header* _panels;

    private PackedMatrix(PackedPanels.Header* panels)
    {
        Encoding = panels->Encoding;
        Activations = panels->Activations;
        N = panels->N;
        K = panels->K;
        _panels = panels;
        ByteSize = PackedPanels.ByteSize(panels->Kind, panels->Encoding, panels->N, panels->K);
    }

    private PackedMatrix(WeightEncoding encoding, int n, int k, PooledMemory<float> rows, int rowStride)
    {
        Encoding = encoding;
        N = n;
        K = k;
        _rows = rows;
        _rowStride = rowStride;
        ByteSize = rows.View.LengthInBytes;
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the native memory of a matrix that nobody disposed.</summary>
    ~PackedMatrix() => PackedPanels.Free(_panels);

    /// <summary>Outputs: columns of y.</summary>
    public int N { get; }

    /// <summary>Inputs: the length of each sum.</summary>
    public int K { get; }

    /// <summary>How the numbers are stored; F32 where the encoding that was asked for could not be made.</summary>
    public WeightEncoding Encoding { get; }

    /// <summary>How products with it treat their activations.</summary>
    public ActivationEncoding Activations { get; }

    /// <summary>Bytes that the packed form takes.</summary>
    public long ByteSize { get; }

    /// <summary>Packs a weight, or several with the same inputs one under the other: queries, keys and values in one.</summary>
    /// <param name="kernels">Decides the form; its matmul takes the result.</param>
    /// <param name="sources">(N, K) each, or (K, N) and transposed as it is read; from several threads at once.</param>
    /// <exception cref="ShapeException">No source, sources of different K, or more than one view holds on a device.</exception>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    public static PackedMatrix Create(KernelSet kernels, params ReadOnlySpan<WeightRows> sources) =>
        Create(kernels, WeightEncoding.F32, sources);

    /// <summary>Packs a weight in a narrower encoding, which halves or quarters what a product of few rows reads. Sources
    /// that are stored so are taken as they are. Q4_1, Q4_K and Q6_K are never made from numbers: unless every source is
    /// stored so, the whole weight becomes F32, as it does on a device that lacks the encoding (a GPU has F32, F16, BF16
    /// and Q8_0).</summary>
    /// <param name="kernels">Decides the form; its matmul takes the result.</param>
    /// <param name="encoding">How the numbers are stored.</param>
    /// <param name="sources">(N, K) each, or (K, N) and transposed as it is read; from several threads at once.</param>
    /// <exception cref="ShapeException">No source, sources of different K, or more than one view holds on a device.</exception>
    /// <exception cref="InputException">A number that the encoding cannot hold.</exception>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    public static PackedMatrix Create(KernelSet kernels, WeightEncoding encoding, params ReadOnlySpan<WeightRows> sources) =>
        Create(kernels, encoding, ActivationEncoding.F32, sources);

    /// <summary>The same, with activations rounded too where <paramref name="activations"/> says so.</summary>
    /// <param name="kernels">Decides the form; its matmul takes the result.</param>
    /// <param name="encoding">How the numbers are stored.</param>
    /// <param name="activations">How products treat their activations; F32 where encoding or device has nothing else.</param>
    /// <param name="sources">(N, K) each, or (K, N) and transposed as it is read; from several threads at once.</param>
    /// <exception cref="ShapeException">No source, sources of different K, or more than one view holds on a device.</exception>
    /// <exception cref="InputException">A number that the encoding cannot hold.</exception>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    public static PackedMatrix Create(
        KernelSet kernels, WeightEncoding encoding, ActivationEncoding activations, params ReadOnlySpan<WeightRows> sources)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ShapeCheck.Known<WeightEncoding>("packed weight", "encoding", (int)encoding);
        ShapeCheck.Known<ActivationEncoding>("packed weight", "activations", (int)activations);
        var isForCpu = kernels.Traits.Kind == DeviceKind.Cpu && kernels.RequestedVariant is null or VariantKind.Cpu;
        return isForCpu
            ? CreatePanels(MatMulCpuEngine.Best, encoding, activations, sources)
            : CreateRows(kernels.DevicePool, DeviceEncoding(encoding), sources);
    }

    /// <summary>The encoding that rows in a device's memory get where one is asked for.</summary>
    private static WeightEncoding DeviceEncoding(WeightEncoding encoding) =>
        encoding > WeightEncoding.Q8_0 ? WeightEncoding.F32 : encoding;

    /// <summary>Bytes of the device's memory that <see cref="Create(KernelSet, WeightEncoding, ReadOnlySpan{WeightRows})"/> takes; 0 where it takes the host's.</summary>
    internal static long DeviceBytes(KernelSet kernels, WeightEncoding encoding, params ReadOnlySpan<WeightRows> sources)
    {
        if (kernels.Traits.Kind == DeviceKind.Cpu)
        {
            return 0;
        }

        var (n, k) = Check(sources);
        return (long)n * StrideOf(DeviceEncoding(encoding), k) * sizeof(float);
    }

    /// <summary>Packs for the CPU variant in one of its tilings.</summary>
    internal static PackedMatrix CreatePanels(MatMulCpuKind kind, params ReadOnlySpan<WeightRows> sources) =>
        CreatePanels(kind, WeightEncoding.F32, ActivationEncoding.F32, sources);

    /// <summary>Packs for the CPU variant in one of its tilings and an encoding.</summary>
    internal static PackedMatrix CreatePanels(
        MatMulCpuKind kind, WeightEncoding encoding, ActivationEncoding activations, params ReadOnlySpan<WeightRows> sources)
    {
        var (n, k) = Check(sources);
        var possible = EncodedPanels.Possible(encoding, sources);
        var header = new PackedPanels.Header
        {
            Kind = kind,
            Encoding = possible,
            Activations = EncodedPanels.Possible(activations, possible),
            N = n,
            K = k,
        };
        return new PackedMatrix(PackedPanels.Make(header, sources.ToArray(), CpuPool.Shared.Threads));
    }

    /// <summary>The same panels in memory of their own: a benchmark's many weights, without packing each. Null where it is
    /// rows in a device's memory.</summary>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    internal PackedMatrix? CopyPanels()
    {
        ObjectDisposedException.ThrowIf(_panels == null && _rows is null, this);
        return _panels == null ? null : new PackedMatrix(PackedPanels.Copy(_panels));
    }

    /// <summary>Sets the weight's part of a matmul's arguments: N, K, and where the weight is.</summary>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    public void AttachTo<TEpilogue>(ref MatMulArgs<TEpilogue> args)
        where TEpilogue : struct, IEpilogue
    {
        ObjectDisposedException.ThrowIf(_panels == null && (_rows is null || _rows.IsDisposed), this);
        args.N = N;
        args.K = K;
        args.WeightColumnStride = 1;
        args.WeightBatchStride = 0;
        args.Encoding = (int)Encoding;
        args.Panels = (long)_panels;
        args.Weight = _rows is null ? default : new RowView(_rows.View, 0, _rowStride);
    }

    /// <summary>One row of the weight as float32, from the panels of the CPU variant: an embedding that an output layer
    /// shares, or a check.</summary>
    /// <param name="n">The row.</param>
    /// <param name="row">Receives its K numbers.</param>
    /// <exception cref="ObjectDisposedException">The matrix was disposed, or is not packed for the CPU variant.</exception>
    internal void CopyRow(int n, Span<float> row)
    {
        ObjectDisposedException.ThrowIf(_panels == null, this);
        PackedPanels.CopyRow(_panels, n, row);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        PackedPanels.Free(_panels);
        _panels = null;
        _rows?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>32-bit words of a row: a multiple of 16 bytes, for kernels that load so many at a time.</summary>
    private static int StrideOf(WeightEncoding encoding, int k) =>
        (int)Math.Min(int.MaxValue, WeightRowEncoder.Words(encoding, k));

    private static (int N, int K) Check(ReadOnlySpan<WeightRows> sources)
    {
        if (sources.IsEmpty)
        {
            throw new ShapeException("packed weight: expected at least one source, found none.");
        }

        long n = 0;
        var k = sources[0].K;
        foreach (var source in sources)
        {
            ShapeCheck.AtLeast(source.Name, "N", source.N, 1);
            ShapeCheck.AtLeast(source.Name, "K", source.K, 1);
            if (source.K != k)
            {
                throw new ShapeException($"{source.Name}: expected K {k} as in {sources[0].Name}, found {source.K}.");
            }

            n += source.N;
        }

        ShapeCheck.AtMostIntMax(sources[0].Name, "the packed weight's N", n);
        return ((int)n, k);
    }

    /// <summary>Packs for the other variants, as rows in a device's memory.</summary>
    internal static PackedMatrix CreateRows(
        DevicePool pool, WeightEncoding encoding, params ReadOnlySpan<WeightRows> sources)
    {
        var (n, k) = Check(sources);
        var stride = StrideOf(encoding, k);
        ShapeCheck.AtMostIntMax(sources[0].Name, "the packed weight", (long)n * stride);
        var buffer = pool.Rent<float>((long)n * stride, sources[0].Name);
        try
        {
            var first = 0;
            foreach (var source in sources)
            {
                Upload(source, encoding, buffer.View.SubView((long)first * stride, (long)source.N * stride), stride);
                first += source.N;
            }

            return new PackedMatrix(encoding, n, k, buffer, stride);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static void Upload(WeightRows source, WeightEncoding encoding, ArrayView<float> target, int stride)
    {
        var chunk = Math.Max(1, Math.Min(source.N, UploadFloats / Math.Max(stride, source.K)));
        var values = new float[(long)chunk * source.K];
        var words = new float[(long)chunk * stride];
        for (var row = 0; row < source.N; row += chunk)
        {
            var rows = Math.Min(chunk, source.N - row);
            Read(source, row, values.AsSpan(0, rows * source.K));
            for (var r = 0; r < rows; r++)
            {
                WeightRowEncoder.Encode(
                    encoding, source.Name, row + r, values.AsSpan(r * source.K, source.K), words.AsSpan(r * stride, stride));
            }

            target.SubView((long)row * stride, (long)rows * stride)
                .CopyFromCPU<float, ArrayView<float>>(words.AsSpan(0, rows * stride));
        }
    }

    /// <summary>Whole rows of the weight from <paramref name="row"/> on, however the source stores them.</summary>
    private static void Read(WeightRows source, int row, Span<float> values)
    {
        var rows = values.Length / source.K;
        if (!source.IsTransposed)
        {
            for (var r = 0; r < rows; r++)
            {
                source.Read(row + r, 0, values.Slice(r * source.K, source.K));
            }

            return;
        }

        var column = new float[rows];
        for (var k = 0; k < source.K; k++)
        {
            source.Read(k, row, column);
            for (var r = 0; r < rows; r++)
            {
                values[r * source.K + k] = column[r];
            }
        }
    }
}
