using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Every kernel through ILGPU's compilers for CUDA and OpenCL, with no device. The stand-in has neither, so
/// what is only in the package is called by reflection.</summary>
public sealed class GpuCodeTests
{
    private const int SharedBytesOfAnyDevice = 48 * 1024;

    [SkippableFact]
    public void EveryKernelCompilesToPtxWithoutLocalMemory()
    {
        Skip.If(DeviceTraits.IsStandIn, "The stand-in has no compiler for CUDA.");
        using var context = Context.Create(_ => { });
        using var backend = MakePtxBackend(context);
        foreach (var kernel in KernelCatalog.GpuKernels())
        {
            var code = Compile(backend, kernel, "PTXAssembly");
            Assert.True(!code.Contains(".local", StringComparison.Ordinal), $"{NameOf(kernel)} keeps values in local memory");
            Assert.InRange(SharedBytesIn(code), 0, SharedBytesOfAnyDevice);
            if (NameOf(kernel).Contains(nameof(VectorAccess), StringComparison.Ordinal))
            {
                Assert.True(code.Contains(".v4.f32", StringComparison.Ordinal), $"{NameOf(kernel)} has no 128-bit access");
            }
        }
    }

    [SkippableFact]
    public void EveryKernelCompilesToOpenCl()
    {
        Skip.If(DeviceTraits.IsStandIn, "The stand-in has no compiler for OpenCL.");
        using var context = Context.Create(_ => { });
        using var backend = MakeOpenClBackend(context);
        foreach (var kernel in KernelCatalog.GpuKernels())
        {
            Assert.Contains("kernel void", Compile(backend, kernel, "Source"), StringComparison.Ordinal);
        }
    }

    private static IDisposable MakePtxBackend(Context context)
    {
        var architecture = Static("ILGPU.Runtime.Cuda.CudaArchitecture", "SM_80");
        var instructions = Static("ILGPU.Runtime.Cuda.CudaInstructionSet", "ISA_78");
        var type = TypeOf("ILGPU.Backends.PTX.PTXBackend");
        return (IDisposable)type.GetConstructors().Single(c => c.GetParameters().Length == 4)
            .Invoke([context, architecture, instructions, null]);
    }

    private static IDisposable MakeOpenClBackend(Context context)
    {
        var capabilities = TypeOf("ILGPU.Runtime.OpenCL.CLCapabilityContext").GetConstructors()
            .Single(c => c.GetParameters() is { Length: > 1 } all && all.All(p => p.ParameterType == typeof(bool)));
        var everything = capabilities.Invoke([.. capabilities.GetParameters().Select(_ => (object)true)]);
        var vendor = Enum.Parse(TypeOf("ILGPU.Runtime.OpenCL.CLDeviceVendor"), "AMD");
        var version = Static("ILGPU.Backends.OpenCL.CLCVersion", "CL20");
        return (IDisposable)TypeOf("ILGPU.Backends.OpenCL.CLBackend").GetConstructors()
            .Single(c => c.GetParameters().Length == 4).Invoke([context, everything, vendor, version]);
    }

    private static string Compile(IDisposable backend, MethodInfo kernel, string property)
    {
        var entry = TypeOf("ILGPU.Backends.EntryPoints.EntryPointDescription")
            .GetMethod("FromExplicitlyGroupedKernel", [typeof(MethodInfo)])!.Invoke(null, [kernel]);
        var compile = backend.GetType().GetMethods().Single(m => m.Name == "Compile" && m.GetParameters().Length == 2);
        try
        {
            var compiled = compile.Invoke(backend, [entry, default(KernelSpecialization)])!;
            return (string)compiled.GetType().GetProperty(property)!.GetValue(compiled)!;
        }
        catch (TargetInvocationException error)
        {
            throw new InvalidOperationException($"{NameOf(kernel)} does not compile.", error.InnerException);
        }
    }

    private static long SharedBytesIn(string ptx)
    {
        var bytes = 0L;
        foreach (var line in ptx.Split('\n').Where(l => l.Contains(".shared .align", StringComparison.Ordinal)))
        {
            bytes += long.Parse(line[(line.LastIndexOf('[') + 1)..line.LastIndexOf(']')]);
        }

        return bytes;
    }

    private static string NameOf(MethodInfo kernel) => kernel.DeclaringType!.ToString();

    private static Type TypeOf(string name) => typeof(Context).Assembly.GetType(name, throwOnError: true)!;

    private static object Static(string type, string name) => TypeOf(type).GetField(name)!.GetValue(null)!;
}
