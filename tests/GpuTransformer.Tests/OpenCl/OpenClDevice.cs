using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.OpenCl;

/// <summary>The first OpenCL device, opened once for a class of tests, since each kernel is compiled once a device.
/// Everything on it runs through group kernels; where an operation has none for a shape, that is an error.</summary>
/// <remarks>
/// To run these tests without a graphics card: install an OpenCL driver for processors that has the generic address space
/// (PoCL 5 or later; Debian 13: <c>apt install pocl-opencl-icd ocl-icd-libopencl1</c>), then
/// <c>dotnet test -p:Ilgpu=package --filter OpenCl</c>. A machine with an older system can build there and run the built
/// test assemblies (<c>dotnet vstest GpuTransformer.Tests.dll --TestCaseFilter:OpenCl</c>) in a folder made by debootstrap.
/// </remarks>
public sealed class OpenClDevice : IDisposable
{
    private readonly Lazy<(ComputeDevice? Device, string Reason)> _device = new(Open);

    /// <summary>The device; the test is skipped, and says why, where there is none.</summary>
    internal ComputeDevice Device
    {
        get
        {
            var (device, reason) = _device.Value;
            Skip.If(device is null, reason);
            return device!;
        }
    }

    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Device?.Dispose();
        }
    }

    private static (ComputeDevice? Device, string Reason) Open()
    {
        if (DeviceTraits.IsStandIn)
        {
            return (null, DeviceTraits.IlgpuDescription);
        }

        try
        {
            return ComputeDevice.Names(DeviceKind.OpenCl).Count == 0
                ? (null, $"no OpenCL device: {DriverLibraries.Describe(DeviceKind.OpenCl)}")
                : (ComputeDevice.Open("opencl", VariantKind.Group), "");
        }
        catch (DeviceException error)
        {
            return (null, error.Message);
        }
    }
}
