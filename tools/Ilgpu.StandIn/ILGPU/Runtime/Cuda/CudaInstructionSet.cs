using ILGPU.Util;

namespace ILGPU.Runtime.Cuda;

/// <summary>A version of PTX.</summary>
public readonly struct CudaInstructionSet
{
    public CudaInstructionSet(int major, int minor)
    {
        Major = major;
        Minor = minor;
    }

    public int Major { get; }

    public int Minor { get; }
}

/// <summary>The compiler library of the CUDA toolkit; the stand-in never makes one.</summary>
public sealed class NvvmAPI : DisposeBase
{
    private NvvmAPI()
    { }
}
