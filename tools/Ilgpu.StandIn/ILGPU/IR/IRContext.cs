using ILGPU.IR.Transformations;

namespace ILGPU.IR;

public enum MemoryAddressSpace
{
    Generic = 0,
    Global = 1,
    Shared = 2,
    Local = 3,
}

/// <summary>A compiler's view of the methods of a kernel; the stand-in never makes one.</summary>
public sealed class IRContext
{
    private IRContext()
    { }

    public void Transform(in Transformer transformer) =>
        throw new NotSupportedException("The stand-in compiles no kernels.");
}

/// <summary>A compiler's view of a method; the stand-in never makes one.</summary>
public sealed class Method
{
    private Method()
    { }
}
