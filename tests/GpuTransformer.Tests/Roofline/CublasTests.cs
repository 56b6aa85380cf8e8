using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Roofline;

/// <summary>cuBLAS beside: without one, and with one of C# that computes what the header says.</summary>
public unsafe class CublasTests
{
    private static int s_destroyed;

    [Fact]
    public void A_device_without_cuda_has_none_and_says_so()
    {
        using var device = new BenchDevice("cpu");
        Assert.Null(CublasLibrary.TryOpen(device.Stream, out var remark));
        Assert.Contains("CUDA devices only", remark);
    }

    [Fact]
    public void A_library_that_is_nowhere_is_no_error()
    {
        Assert.False(CublasLibrary.TryLoad(["libcublas.so.0.gputx", "/nowhere/libcublas.so.13"], out var library, out _));
        Assert.Equal(0, library);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Products_are_handed_over_as_column_major_matrices(int batch)
    {
        using var device = new BenchDevice("cpu");
        using var ours = new BatchedMatMulCase(device, batch, new MatMulShape(5, 8, 12));
        using (var library = new CublasLibrary(Functions(0), device.Accelerator, 0))
        {
            Assert.Equal("13.1.2", library.Version);
            var beside = CublasCase.Beside(library, ours);
            Assert.NotNull(beside);
            beside.Run();
            beside.Verify();
        }

        Assert.True(s_destroyed > 0);
    }

    [Fact]
    public void A_library_that_refuses_is_an_error_with_its_status()
    {
        using var device = new BenchDevice("cpu");
        Assert.Contains("cublasCreate: status 1", Assert.Throws<DeviceException>(() => new CublasLibrary(Functions(1), device.Accelerator, 0)).Message);
    }

    private static CublasFunctions Functions(int status) => new()
    {
        Create = status == 0 ? &Create : &Refuse,
        Destroy = &Destroy,
        GetVersion = &GetVersion,
        SetStream = &SetStream,
        SetMathMode = &SetMathMode,
        SgemmStridedBatched = &SgemmStridedBatched,
        Sgemm = &Sgemm,
    };

    [UnmanagedCallersOnly]
    private static int Create(nint* handle)
    {
        *handle = 77;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Refuse(nint* handle) => 1;

    [UnmanagedCallersOnly]
    private static int Destroy(nint handle)
    {
        s_destroyed++;
        return handle == 77 ? 0 : 7;
    }

    [UnmanagedCallersOnly]
    private static int GetVersion(nint handle, int* version)
    {
        *version = 130_102;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int SetStream(nint handle, nint stream) => handle == 77 && stream == 0 ? 0 : 7;

    [UnmanagedCallersOnly]
    private static int SetMathMode(nint handle, int mode) => mode == 0 ? 0 : 7;

    [UnmanagedCallersOnly]
    private static int Sgemm(
        nint handle, int transposeA, int transposeB, int m, int n, int k, float* alpha, nint a, int lda, nint b, int ldb, float* beta, nint c, int ldc) =>
        Compute(transposeA, transposeB, m, n, k, *alpha, (float*)a, lda, (float*)b, ldb, *beta, (float*)c, ldc);

    [UnmanagedCallersOnly]
    private static int SgemmStridedBatched(
        nint handle, int transposeA, int transposeB, int m, int n, int k, float* alpha, nint a, int lda, long strideA, nint b, int ldb, long strideB,
        float* beta, nint c, int ldc, long strideC, int count)
    {
        var status = 0;
        for (var i = 0; i < count; i++)
        {
            status |= Compute(
                transposeA, transposeB, m, n, k, *alpha, (float*)a + i * strideA, lda, (float*)b + i * strideB, ldb, *beta, (float*)c + i * strideC, ldc);
        }

        return status;
    }

    /// <summary>C = alpha · op(A) · op(B) + beta · C, element (i, j) at i + j · ld.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Compute(
        int transposeA, int transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc)
    {
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var sum = 0.0;
                for (var p = 0; p < k; p++)
                {
                    sum += (double)a[transposeA == 1 ? p + i * lda : i + p * lda] * b[transposeB == 1 ? j + p * ldb : p + j * ldb];
                }

                c[i + j * ldc] = (float)(alpha * sum) + (beta == 0 ? 0 : beta * c[i + j * ldc]);
            }
        }

        return 0;
    }
}
