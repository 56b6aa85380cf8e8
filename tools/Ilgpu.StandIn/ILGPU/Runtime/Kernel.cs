using ILGPU.Backends;

namespace ILGPU.Runtime;

/// <summary>A compiled kernel on its accelerator; the stand-in's launchers need none.</summary>
public abstract class Kernel : AcceleratorObject
{
    internal Kernel(Accelerator accelerator)
        : base(accelerator)
    { }

    public TDelegate CreateLauncherDelegate<TDelegate>()
        where TDelegate : Delegate => throw new NotSupportedException("The stand-in compiles no kernels.");
}

public abstract partial class Accelerator
{
    public Kernel LoadKernel(CompiledKernel kernel) =>
        throw new NotSupportedException("The stand-in compiles no kernels.");
}
