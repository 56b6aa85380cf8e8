namespace ILGPU;

/// <summary>A kernel that cannot be compiled.</summary>
public sealed class InternalCompilerException : Exception
{
    public InternalCompilerException()
    { }

    public InternalCompilerException(string message)
        : base(message)
    { }

    public InternalCompilerException(string message, Exception innerException)
        : base(message, innerException)
    { }
}
