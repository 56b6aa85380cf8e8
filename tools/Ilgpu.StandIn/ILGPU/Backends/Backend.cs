using ILGPU.Backends.EntryPoints;
using ILGPU.IR;
using ILGPU.Runtime;
using ILGPU.Util;

namespace ILGPU.Backends
{
    public abstract class BackendExtension : CachedExtension
    { }

    /// <summary>Sees a kernel between the stages of its compilation.</summary>
    public interface IBackendHook
    {
        void FinishedCodeGeneration(IRContext context, Method entryPoint);

        void InitializedKernelContext(IRContext kernelContext, Method kernelMethod);

        void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod);
    }

    /// <summary>A compiler for one kind of device; the stand-in has none.</summary>
    public abstract class Backend : CachedExtensionBase<BackendExtension>
    {
        internal Backend()
        { }

        public CompiledKernel Compile(in EntryPointDescription entry, in KernelSpecialization specialization) =>
            throw Missing();

        public virtual CompiledKernel Compile<TBackendHook>(
            in EntryPointDescription entry,
            in KernelSpecialization specialization,
            TBackendHook backendHook)
            where TBackendHook : IBackendHook => throw Missing();

        private static NotSupportedException Missing() => new("The stand-in compiles no kernels.");
    }

    /// <summary>What a backend made of a kernel.</summary>
    public abstract class CompiledKernel
    {
        internal CompiledKernel()
        { }
    }
}

namespace ILGPU.Backends.PTX
{
    using ILGPU.Runtime.Cuda;

    public sealed class PTXBackend : Backend
    {
        public PTXBackend(
            Context context, CudaArchitecture architecture, CudaInstructionSet instructionSet, NvvmAPI nvvmAPI) =>
            throw new NotSupportedException("The stand-in has no compiler for CUDA.");
    }

    public sealed class PTXCompiledKernel : CompiledKernel
    {
        private PTXCompiledKernel()
        { }

        public string PTXAssembly { get; } = "";
    }
}

namespace ILGPU.Backends.OpenCL
{
    using ILGPU.Runtime.OpenCL;

    public sealed class CLBackend : Backend
    {
        public CLBackend(
            Context context, CLCapabilityContext capabilities, CLDeviceVendor vendor, CLCVersion clStdVersion) =>
            throw new NotSupportedException("The stand-in has no compiler for OpenCL.");
    }

    public sealed class CLCompiledKernel : CompiledKernel
    {
        private CLCompiledKernel()
        { }

        public string Source { get; } = "";
    }

    /// <summary>A version of OpenCL C.</summary>
    public readonly struct CLCVersion
    {
        public static readonly CLCVersion CL20 = new(2, 0);

        public CLCVersion(int major, int minor)
        {
            Major = major;
            Minor = minor;
        }

        public int Major { get; }

        public int Minor { get; }
    }
}
