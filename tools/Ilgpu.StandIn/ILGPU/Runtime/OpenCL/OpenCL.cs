using ILGPU.Backends.OpenCL;

namespace ILGPU.Runtime.OpenCL;

public enum CLDeviceVendor
{
    AMD,
    Intel,
    Nvidia,
    Other,
}

public enum CLDeviceType
{
    CL_DEVICE_TYPE_DEFAULT = 1 << 0,
    CL_DEVICE_TYPE_CPU = 1 << 1,
    CL_DEVICE_TYPE_GPU = 1 << 2,
    CL_DEVICE_TYPE_ACCELERATOR = 1 << 3,
    CL_DEVICE_TYPE_CUSTOM = 1 << 4,
    CL_DEVICE_TYPE_ALL = -1,
}

/// <summary>An OpenCL device; the stand-in never finds one.</summary>
[DeviceType(AcceleratorType.OpenCL)]
public sealed class CLDevice : Device
{
    private CLDevice()
    { }

    public string PlatformName { get; private set; } = "";

    public string VendorName { get; private set; } = "";

    public CLDeviceVendor Vendor { get; private set; }

    public CLDeviceType DeviceType { get; private set; }

    public int ClockRate { get; private set; }

    public new CLCapabilityContext Capabilities => (CLCapabilityContext)base.Capabilities;

    public override Accelerator CreateAccelerator(Context context) => CreateCLAccelerator(context);

    public CLAccelerator CreateCLAccelerator(Context context) =>
        throw new NotSupportedException("The stand-in has no OpenCL.");

    public bool HasExtension(string extension) => Capabilities.Extensions.Contains(extension);
}

/// <summary>An open OpenCL device; the stand-in never makes one.</summary>
public sealed class CLAccelerator : Accelerator
{
    private CLAccelerator(Context context, CLDevice device)
        : base(context, device)
    { }

    public new CLDevice Device => (CLDevice)base.Device;

    public string PlatformName => Device.PlatformName;

    public string VendorName => Device.VendorName;

    public CLDeviceVendor Vendor => Device.Vendor;

    public CLDeviceType DeviceType => Device.DeviceType;

    public int ClockRate => Device.ClockRate;

    public new CLCapabilityContext Capabilities => Device.Capabilities;

    public CLBackend Backend => throw new NotSupportedException("The stand-in has no compiler for OpenCL.");

    internal override MemoryBuffer AllocateRawInternal(long length, int elementSize) =>
        throw new NotSupportedException("The stand-in has no OpenCL.");

    internal override AcceleratorStream CreateStreamInternal() =>
        throw new NotSupportedException("The stand-in has no OpenCL.");
}

public static class CLContextExtensions
{
    public static Context.Builder OpenCL(this Context.Builder builder) => builder;

    public static Context.Builder OpenCL(this Context.Builder builder, Predicate<CLDevice> predicate) => builder;

    public static CLDevice GetCLDevice(this Context context, int clDeviceIndex) =>
        context.GetDevice<CLDevice>(clDeviceIndex);

    public static Context.DeviceCollection<CLDevice> GetCLDevices(this Context context) =>
        context.GetDevices<CLDevice>();

    public static CLAccelerator CreateCLAccelerator(this Context context, int clDeviceIndex) =>
        context.GetCLDevice(clDeviceIndex).CreateCLAccelerator(context);
}
