using System.Runtime.InteropServices;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The functions of cuBLAS that are called, as its header cublas_api.h declares them. Pointers to matrices are
/// addresses on the device; matrices are column-major.</summary>
internal readonly unsafe struct CublasFunctions
{
    /// <summary>cublasCreate_v2(handle*).</summary>
    public required delegate* unmanaged<nint*, int> Create { get; init; }

    /// <summary>cublasDestroy_v2(handle).</summary>
    public required delegate* unmanaged<nint, int> Destroy { get; init; }

    /// <summary>cublasGetVersion_v2(handle, version*).</summary>
    public required delegate* unmanaged<nint, int*, int> GetVersion { get; init; }

    /// <summary>cublasSetStream_v2(handle, stream).</summary>
    public required delegate* unmanaged<nint, nint, int> SetStream { get; init; }

    /// <summary>cublasSetMathMode(handle, mode); 0 is the default, in which float32 products do not use TF32.</summary>
    public required delegate* unmanaged<nint, int, int> SetMathMode { get; init; }

    /// <summary>cublasSgemmStridedBatched(handle, transa, transb, m, n, k, alpha*, a, lda, strideA, b, ldb, strideB,
    /// beta*, c, ldc, strideC, batchCount).</summary>
    public required delegate* unmanaged<
        nint, int, int, int, int, int, float*, nint, int, long, nint, int, long, float*, nint, int, long, int, int> SgemmStridedBatched
    { get; init; }

    /// <summary>cublasSgemm_v2(handle, transa, transb, m, n, k, alpha*, a, lda, b, ldb, beta*, c, ldc).</summary>
    public required delegate* unmanaged<
        nint, int, int, int, int, int, float*, nint, int, nint, int, float*, nint, int, int> Sgemm
    { get; init; }

    /// <summary>Finds the functions in a loaded library.</summary>
    /// <exception cref="EntryPointNotFoundException">It lacks one.</exception>
    public static CublasFunctions Of(nint library) => new()
    {
        Create = (delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "cublasCreate_v2"),
        Destroy = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cublasDestroy_v2"),
        GetVersion = (delegate* unmanaged<nint, int*, int>)NativeLibrary.GetExport(library, "cublasGetVersion_v2"),
        SetStream = (delegate* unmanaged<nint, nint, int>)NativeLibrary.GetExport(library, "cublasSetStream_v2"),
        SetMathMode = (delegate* unmanaged<nint, int, int>)NativeLibrary.GetExport(library, "cublasSetMathMode"),
        SgemmStridedBatched =
            (delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, long, nint, int, long, float*, nint, int, long, int, int>)
            NativeLibrary.GetExport(library, "cublasSgemmStridedBatched"),
        Sgemm = (delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, nint, int, float*, nint, int, int>)
            NativeLibrary.GetExport(library, "cublasSgemm_v2"),
    };
}
