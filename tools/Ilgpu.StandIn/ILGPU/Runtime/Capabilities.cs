using System.Collections.Immutable;

namespace ILGPU.Runtime
{
    /// <summary>What an accelerator's code generator can use.</summary>
    public abstract class CapabilityContext
    {
        internal CapabilityContext()
        { }
    }
}

namespace ILGPU.Runtime.CPU
{
    public sealed class CPUCapabilityContext : CapabilityContext
    {
        internal CPUCapabilityContext()
        { }
    }
}

namespace ILGPU.Runtime.Cuda
{
    public sealed class CudaCapabilityContext : CapabilityContext
    {
        internal CudaCapabilityContext()
        { }

        public bool Float16_Min { get; internal set; }

        public bool Float16_Max { get; internal set; }

        public bool Float16_TanH { get; internal set; }

        public bool Float32_TanH { get; internal set; }
    }
}

namespace ILGPU.Runtime.OpenCL
{
    public sealed class CLCapabilityContext : CapabilityContext
    {
        public CLCapabilityContext(
            bool float16, bool float64, bool genericAddressSpace, bool int64_Atomics, bool subGroups)
        {
            Float16 = float16;
            Float64 = float64;
            GenericAddressSpace = genericAddressSpace;
            Int64_Atomics = int64_Atomics;
            SubGroups = subGroups;
        }

        public bool Float16 { get; internal set; }

        public bool Float64 { get; internal set; }

        public bool GenericAddressSpace { get; internal set; }

        public bool Int64_Atomics { get; internal set; }

        public bool SubGroups { get; internal set; }

        public ImmutableArray<string> Extensions { get; } = [];
    }
}
