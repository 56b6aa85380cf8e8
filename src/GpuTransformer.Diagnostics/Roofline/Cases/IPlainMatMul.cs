using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A matmul of float32 matrices that another library can compute into the same memory.</summary>
internal interface IPlainMatMul
{
    /// <summary>Where x, weight and y are.</summary>
    MatMulArgs<StandardEpilogue> Args { get; }

    /// <summary>Writes zeros over y, so that a check sees only what ran afterwards.</summary>
    void ClearOutput();

    /// <summary>Checks y.</summary>
    void Verify();
}
