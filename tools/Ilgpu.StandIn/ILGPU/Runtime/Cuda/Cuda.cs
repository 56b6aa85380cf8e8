using ILGPU.Backends.PTX;

namespace ILGPU.Runtime.Cuda;

/// <summary>A CUDA device; the stand-in never finds one.</summary>
[DeviceType(AcceleratorType.Cuda)]
public sealed class CudaDevice : Device
{
    private CudaDevice()
    { }

    public int DeviceId { get; private set; }

    public CudaArchitecture? Architecture { get; private set; }

    public int ClockRate { get; private set; }

    public int MemoryClockRate { get; private set; }

    public int MemoryBusWidth { get; private set; }

    public int L2CacheSize { get; private set; }

    public int MaxSharedMemoryPerMultiprocessor { get; private set; }

    public int TotalNumRegistersPerMultiprocessor { get; private set; }

    public int TotalNumRegistersPerGroup { get; private set; }

    public override Accelerator CreateAccelerator(Context context) => CreateCudaAccelerator(context);

    public CudaAccelerator CreateCudaAccelerator(Context context) =>
        throw new NotSupportedException("The stand-in has no CUDA.");
}

/// <summary>An open CUDA device; the stand-in never makes one.</summary>
public sealed class CudaAccelerator : Accelerator
{
    private CudaAccelerator(Context context, CudaDevice device)
        : base(context, device)
    { }

    public new CudaDevice Device => (CudaDevice)base.Device;

    public int DeviceId => Device.DeviceId;

    public CudaArchitecture Architecture => Device.Architecture!.Value;

    public PTXBackend Backend => throw new NotSupportedException("The stand-in has no compiler for CUDA.");

    public int ClockRate => Device.ClockRate;

    public int MemoryClockRate => Device.MemoryClockRate;

    public int MemoryBusWidth => Device.MemoryBusWidth;

    public int L2CacheSize => Device.L2CacheSize;

    public int MaxSharedMemoryPerMultiprocessor => Device.MaxSharedMemoryPerMultiprocessor;

    internal override MemoryBuffer AllocateRawInternal(long length, int elementSize) =>
        throw new NotSupportedException("The stand-in has no CUDA.");

    internal override AcceleratorStream CreateStreamInternal() =>
        throw new NotSupportedException("The stand-in has no CUDA.");
}

public static class CudaContextExtensions
{
    public static Context.Builder Cuda(this Context.Builder builder) => builder;

    public static Context.Builder Cuda(this Context.Builder builder, Predicate<CudaDevice> predicate) => builder;

    public static CudaDevice GetCudaDevice(this Context context, int cudaDeviceIndex) =>
        context.GetDevice<CudaDevice>(cudaDeviceIndex);

    public static Context.DeviceCollection<CudaDevice> GetCudaDevices(this Context context) =>
        context.GetDevices<CudaDevice>();

    public static CudaAccelerator CreateCudaAccelerator(this Context context, int cudaDeviceIndex) =>
        context.GetCudaDevice(cudaDeviceIndex).CreateCudaAccelerator(context);
}

/// <summary>A stream of a CUDA device; the stand-in never makes one.</summary>
public sealed class CudaStream : AcceleratorStream
{
    private CudaStream(Accelerator accelerator)
        : base(accelerator)
    { }

    public IntPtr StreamPtr => IntPtr.Zero;

    public override void Synchronize() => throw new NotSupportedException("The stand-in has no CUDA.");

    protected override ProfilingMarker AddProfilingMarkerInternal() =>
        throw new NotSupportedException("The stand-in has no CUDA.");

    protected override void DisposeAcceleratorObject(bool disposing)
    { }
}
