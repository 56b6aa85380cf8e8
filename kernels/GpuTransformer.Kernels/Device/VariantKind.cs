namespace GpuTransformer.Kernels;

/// <summary>The kinds of kernel variants, from always-works upward.</summary>
public enum VariantKind
{
    /// <summary>One index, one output; runs on every accelerator.</summary>
    Naive,

    /// <summary>Groups with shared memory and register blocking; CUDA and OpenCL, and under test the CPU accelerator.</summary>
    Group,

    /// <summary>SIMD tiles in managed code over the process's own thread pool; CPU accelerators only.</summary>
    Cpu,
}
