using ILGPU.Backends;
using ILGPU.Backends.PointerViews;
using ILGPU.IR;
using ILGPU.IR.Transformations;

namespace GpuTransformer.Kernels;

/// <summary>Gives a kernel that ILGPU compiles at level O1 the one part of O2 that is worth having: views that are known
/// to lie in global memory, so that CUDA gets <c>ld.global</c> where plain O1 writes a generic <c>ld</c> (which keeps
/// an address in two more registers and asks the hardware which memory is meant). The rest of O2 sinks arithmetic
/// to the end of its block, past barriers, and spills the large register tiles.</summary>
/// <remarks>Runs before the backend's own passes, on the kernel's own copy of its methods. Views become pointers first:
/// only pointers carry an address space. No unrolling: ILGPU 1.5.3's pass returns zeros for nested loops with
/// <c>continue</c>, so long bodies are written out in the source instead.</remarks>
internal readonly struct AddressSpaceHook : IBackendHook
{
    public void FinishedCodeGeneration(IRContext context, Method entryPoint)
    {
    }

    public void InitializedKernelContext(IRContext kernelContext, Method kernelMethod)
    {
        var passes = Transformer.CreateBuilder(TransformerConfiguration.Empty);
        passes.Add(new LowerArrays(MemoryAddressSpace.Local));
        passes.Add(new LowerPointerViews());
        passes.Add(new UnreachableCodeElimination());
        passes.Add(new DeadCodeElimination());
        passes.Add(new InferKernelAddressSpaces(MemoryAddressSpace.Global));
        passes.Add(new LowerStructures());
        passes.Add(new UnreachableCodeElimination());
        passes.Add(new DeadCodeElimination());
        passes.Add(new SSAStructureConstruction());
        passes.Add(new InferLocalAddressSpaces());
        kernelContext.Transform(passes.ToTransformer());
    }

    public void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod)
    {
    }
}
