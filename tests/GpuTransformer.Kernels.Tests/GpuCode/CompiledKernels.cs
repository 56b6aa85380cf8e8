using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A kernel in the language of one device.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Target">One of <see cref="CompiledKernels.Targets"/>.</param>
/// <param name="Text">The code; empty where it does not compile.</param>
/// <param name="Error">Why it does not compile; null: it does.</param>
internal sealed record KernelCode(GpuKernel Kernel, string Target, string Text, string? Error)
{
    public string Name => KernelName.Of(Kernel.Method);

    public bool IsPtx => Target.StartsWith("PTX", StringComparison.Ordinal);
}

/// <summary>Every kernel of the catalogue through the loader's own compilation for every kind of GPU, without one. Made
/// once for all tests; the stand-in has no compilers, so with it there is nothing in here.</summary>
internal static class CompiledKernels
{
    public const string Ptx80 = "PTX for compute capability 8.0";
    public const string Ptx75 = "PTX for compute capability 7.5";
    public const string OpenClAmd = "OpenCL C 2.0 for AMD";
    public const string OpenClIntel = "OpenCL C 2.0 for Intel";

    /// <summary>The first is what is assembled: it comes first in each context, whether the others follow or not.</summary>
    public static readonly string[] Targets = [Ptx80, Ptx75, OpenClAmd, OpenClIntel];

    private static readonly Lazy<IReadOnlyList<KernelCode>> Once = new(() => Compile(Kernels, Targets));

    /// <summary>Each kernel once; one that two operations share belongs to the first.</summary>
    public static IEnumerable<GpuKernel> Kernels => KernelCatalog.Entries().DistinctBy(kernel => kernel.Method);

    public static IReadOnlyList<KernelCode> All => Once.Value;

    public static IReadOnlyList<KernelCode> Compile(IEnumerable<GpuKernel> wanted, params string[] targets)
    {
        if (DeviceTraits.IsStandIn)
        {
            return [];
        }

        var kernels = new ConcurrentQueue<GpuKernel>(wanted);
        var codes = new ConcurrentBag<KernelCode>();
        Parallel.For(0, Math.Min(Environment.ProcessorCount, 4), _ =>
        {
            while (kernels.TryDequeue(out var kernel))
            {
                // A context of its own: what was compiled before in a context decides which of equal orders ILGPU takes.
                using var compilers = new Compilers();
                foreach (var target in targets)
                {
                    codes.Add(compilers.Compile(kernel, target));
                }
            }
        });
        return [.. codes.OrderBy(code => code.Kernel.Operation, StringComparer.Ordinal).ThenBy(code => code.Name, StringComparer.Ordinal)];
    }

    /// <summary>One thread's compilers. A failed compilation spoils its context for later ones, so it gets a new one.</summary>
    private sealed class Compilers : IDisposable
    {
        private Context _context = null!;
        private Dictionary<string, Backend> _backends = null!;

        public Compilers() => Open();

        public KernelCode Compile(GpuKernel kernel, string target)
        {
            try
            {
                return new(kernel, target, TextOf(KernelLoader.Compile(_backends[target], kernel.Method, kernel.Limits)), null);
            }
            catch (Exception error)
            {
                // Not disposed: what a failed compilation left open cannot be closed.
                Open();
                return new(kernel, target, "", $"{error.Message} {error.InnerException?.Message}".Trim());
            }
        }

        public void Dispose()
        {
            foreach (var backend in _backends.Values)
            {
                backend.Dispose();
            }

            _context.Dispose();
        }

        private static string TextOf(CompiledKernel compiled) => compiled switch
        {
            PTXCompiledKernel ptx => ptx.PTXAssembly,
            CLCompiledKernel openCl => openCl.Source,
            _ => throw new NotSupportedException($"{compiled.GetType()} is the code of no GPU."),
        };

        private void Open()
        {
            _context = Context.Create(_ => { });
            var everything = new CLCapabilityContext(true, true, true, true, true);
            _backends = new()
            {
                [Ptx75] = new PTXBackend(_context, new CudaArchitecture(7, 5), new CudaInstructionSet(7, 8), null!),
                [Ptx80] = new PTXBackend(_context, new CudaArchitecture(8, 0), new CudaInstructionSet(7, 8), null!),
                [OpenClAmd] = new CLBackend(_context, everything, CLDeviceVendor.AMD, CLCVersion.CL20),
                [OpenClIntel] = new CLBackend(_context, everything, CLDeviceVendor.Intel, CLCVersion.CL20),
            };
        }
    }
}
