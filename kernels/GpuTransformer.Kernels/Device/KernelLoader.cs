using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuTransformer.Kernels;

/// <summary>Compiles a kernel for an accelerator and makes its launcher: the only place that does.</summary>
/// <remarks>
/// <para>On CUDA and OpenCL, in a context of ILGPU's default level O1, kernels go through
/// <see cref="AddressSpaceHook"/>. A context of another level is its owner's wish and is left alone: O0 is for
/// debugging, and O2 has the address spaces already, but sinks arithmetic past barriers (in large tiles ptxas then
/// spills). CPU accelerators run the methods themselves.</para>
/// <para>Unrolled loops stay in the C# sources (the long ones written by a generator that is run by hand): what is read,
/// tested on a CPU and measured is then what runs, on every backend and level, while ILGPU 1.5.3's unrolling pass is
/// known to give wrong results. The hook changes how memory is addressed and nothing that is computed.</para>
/// <para>ILGPU holds kernels it loads by itself through weak references and these not at all, so they are kept
/// here, once for an accelerator: a launcher refers to its kernel, the kernel to its code.</para>
/// </remarks>
internal static class KernelLoader
{
    private static readonly ConditionalWeakTable<Accelerator, ConcurrentDictionary<KernelKey, Slot>> Loaded = [];

    /// <summary>The launcher of a kernel with explicit groups; compiled at the first call for an accelerator.</summary>
    /// <param name="accelerator">Where the kernel will run.</param>
    /// <param name="kernel">A static method.</param>
    /// <param name="limits">The largest group that is ever launched and the groups a multiprocessor that are wanted, both for
    /// CUDA's compiler; default: any.</param>
    public static Action<AcceleratorStream, KernelConfig, TArgs> Load<TArgs>(
        Accelerator accelerator, Action<TArgs> kernel, KernelSpecialization limits = default)
        where TArgs : struct
    {
        if (BackendOf(accelerator) is not { } backend)
        {
            // A device with smaller groups takes the kernel in smaller groups.
            return accelerator.LoadKernel(kernel, limits.IsCompatibleWith(accelerator) ? limits : default);
        }

        // A lock a kernel: different kernels compile at a time, the same one once.
        var slot = Loaded.GetOrCreateValue(accelerator).GetOrAdd(new KernelKey(kernel.Method, limits), static _ => new Slot());
        lock (slot)
        {
            slot.Launcher ??= accelerator.LoadKernel(Compile(backend, kernel.Method, limits))
                .CreateLauncherDelegate<Action<AcceleratorStream, KernelConfig, TArgs>>();
            return (Action<AcceleratorStream, KernelConfig, TArgs>)slot.Launcher;
        }
    }

    /// <summary>The code of a kernel as <see cref="Load"/> compiles it; needs a backend, but no device.</summary>
    public static CompiledKernel Compile(Backend backend, MethodInfo kernel, KernelSpecialization limits) =>
        backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), limits, default(AddressSpaceHook));

    private static Backend? BackendOf(Accelerator accelerator) => accelerator switch
    {
        { Context.Properties.OptimizationLevel: not OptimizationLevel.O1 } => null,
        CudaAccelerator cuda => cuda.Backend,
        CLAccelerator cl => cl.Backend,
        _ => null,
    };

    private readonly record struct KernelKey(MethodInfo Method, KernelSpecialization Limits);

    private sealed class Slot
    {
        public Delegate? Launcher { get; set; }
    }
}
