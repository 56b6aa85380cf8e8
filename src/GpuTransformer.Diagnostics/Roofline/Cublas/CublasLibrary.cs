using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>NVIDIA's cuBLAS, where the machine has it: what this project's matmul is timed beside. Nothing else uses it.</summary>
internal sealed unsafe class CublasLibrary : IDisposable
{
    private const int DefaultMath = 0;
    private static readonly int[] s_majors = [13, 12, 11];
    private readonly Accelerator _accelerator;
    private readonly CublasFunctions _functions;
    private nint _handle;

    /// <param name="functions">The library.</param>
    /// <param name="accelerator">Whose memory it is given.</param>
    /// <param name="stream">The driver's handle of the stream that products are launched on.</param>
    /// <exception cref="DeviceException">It does not start.</exception>
    public CublasLibrary(in CublasFunctions functions, Accelerator accelerator, nint stream)
    {
        _functions = functions;
        _accelerator = accelerator;
        accelerator.Bind();
        nint handle;
        Expect("cublasCreate", functions.Create(&handle));
        _handle = handle;
        int version;
        Expect("cublasGetVersion", functions.GetVersion(handle, &version));
        Version = version >= 100_000
            ? $"{version / 10_000}.{version / 100 % 100}.{version % 100}"
            : $"{version / 1000}.{version / 100 % 10}.{version % 100}";
        Expect("cublasSetStream", functions.SetStream(handle, stream));
        Expect("cublasSetMathMode", functions.SetMathMode(handle, DefaultMath));
    }

    /// <summary>major.minor.patch.</summary>
    public string Version { get; }

    /// <summary>Opens the library for a stream of a CUDA device.</summary>
    /// <param name="stream">Where products are to run.</param>
    /// <param name="remark">What was loaded, or why nothing is.</param>
    /// <returns>Null where there is none: that is no error.</returns>
    public static CublasLibrary? TryOpen(AcceleratorStream stream, out string remark)
    {
        if (stream is not CudaStream cuda)
        {
            remark = "cuBLAS: runs on CUDA devices only";
            return null;
        }

        if (!TryLoad(Candidates(), out var library, out var file))
        {
            remark = $"cuBLAS: not found (looked for {string.Join(", ", Names())})";
            return null;
        }

        try
        {
            var opened = new CublasLibrary(CublasFunctions.Of(library), cuda.Accelerator, cuda.StreamPtr);
            remark = $"cuBLAS {opened.Version} ({Path.GetFileName(file)}), TF32 off";
            return opened;
        }
        catch (Exception error) when (error is DeviceException or EntryPointNotFoundException)
        {
            remark = $"cuBLAS: {file} was loaded and cannot be used: {error.Message}";
            return null;
        }
    }

    /// <summary>Loads the first of the files that can be loaded.</summary>
    public static bool TryLoad(IEnumerable<string> files, out nint library, out string file)
    {
        foreach (var candidate in files)
        {
            if (NativeLibrary.TryLoad(candidate, out library))
            {
                file = candidate;
                return true;
            }
        }

        (library, file) = (0, "");
        return false;
    }

    /// <summary>y = x · weightᵀ in row-major matrices is yᵀ = weight · xᵀ in cuBLAS's column-major ones.</summary>
    /// <exception cref="DeviceException">cuBLAS refuses.</exception>
    public void Launch(in MatMulArgs<StandardEpilogue> args)
    {
        const int Transposed = 1, AsIs = 0;
        var (one, zero) = (1f, 0f);
        var (x, weight, y) = (AddressOf(args.X), AddressOf(args.Weight), AddressOf(args.Y));
        var (m, n, k) = (args.Rows.Capacity, args.N, args.K);
        _accelerator.Bind();
        if (args.Batch == 1)
        {
            Expect("cublasSgemm", _functions.Sgemm(
                _handle, Transposed, AsIs, n, m, k, &one, weight, args.Weight.Stride, x, args.X.Stride, &zero, y, args.Y.Stride));
            return;
        }

        Expect("cublasSgemmStridedBatched", _functions.SgemmStridedBatched(
            _handle, Transposed, AsIs, n, m, k, &one, weight, args.Weight.Stride, args.WeightBatchStride,
            x, args.X.Stride, args.XBatchStride, &zero, y, args.Y.Stride, args.YBatchStride, args.Batch));
    }

    public void Dispose()
    {
        if (_handle != 0)
        {
            _accelerator.Bind();
            _ = _functions.Destroy(_handle);
            _handle = 0;
        }
    }

    private static nint AddressOf(in RowView view) =>
        view.Data.LoadEffectiveAddressAsPtr() + (nint)view.Offset * sizeof(float);

    private static void Expect(string function, int status)
    {
        if (status != 0)
        {
            throw new DeviceException($"{function}: status {status}.");
        }
    }

    /// <summary>The names that the driver's loader is asked for.</summary>
    private static IEnumerable<string> Names() => s_majors.Select(major =>
        OperatingSystem.IsWindows() ? $"cublas64_{major}.dll" : $"libcublas.so.{major}");

    /// <summary>The names, then the same in the places where a toolkit is put and the loader does not look.</summary>
    private static IEnumerable<string> Candidates()
    {
        var roots = new[] { Environment.GetEnvironmentVariable("CUDA_HOME"), Environment.GetEnvironmentVariable("CUDA_PATH"), "/usr/local/cuda" };
        var folder = OperatingSystem.IsWindows() ? "bin" : "lib64";
        return Names().Concat(roots.Where(root => !string.IsNullOrEmpty(root)).SelectMany(root => Names().Select(name => Path.Combine(root!, folder, name))));
    }
}
