using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The kernels of the first OpenCL device, made once for a class of tests. How to have one without a graphics
/// card: install an OpenCL driver for processors that has the generic address space (PoCL 5 or later; Debian 13:
/// <c>apt install pocl-opencl-icd ocl-icd-libopencl1</c>), then <c>dotnet test -p:Ilgpu=package --filter OpenCl</c>.</summary>
public sealed class OpenClKernels : IDisposable
{
    private readonly Lazy<(Context? Context, KernelSet? Kernels, string Reason)> _opened = new(Open);

    /// <summary>The kernels; the test is skipped, and says why, where there is no device.</summary>
    internal KernelSet Kernels
    {
        get
        {
            var (_, kernels, reason) = _opened.Value;
            Skip.If(kernels is null, reason);
            return kernels!;
        }
    }

    public void Dispose()
    {
        if (_opened.IsValueCreated)
        {
            _opened.Value.Kernels?.Accelerator.Dispose();
            _opened.Value.Context?.Dispose();
        }
    }

    private static (Context? Context, KernelSet? Kernels, string Reason) Open()
    {
        if (DeviceTraits.IsStandIn)
        {
            return (null, null, DeviceTraits.IlgpuDescription);
        }

        // Finds a driver that came without developer files.
        if (ComputeDevice.Names(DeviceKind.OpenCl).Count == 0)
        {
            return (null, null, $"no OpenCL device: {DriverLibraries.Describe(DeviceKind.OpenCl)}");
        }

        var context = Context.Create(builder => builder.OpenCL());
        try
        {
            return (context, new KernelSet(context.CreateCLAccelerator(0)), "");
        }
        catch (DeviceException error)
        {
            context.Dispose();
            return (null, null, error.Message);
        }
    }
}
