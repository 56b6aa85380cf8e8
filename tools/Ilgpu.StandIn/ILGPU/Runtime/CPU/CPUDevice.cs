using System.Collections.Immutable;

namespace ILGPU.Runtime.CPU;

public enum CPUDeviceKind
{
    Default,
    Nvidia,
    AMD,
    LegacyAMD,
    Intel,
}

public enum CPUAcceleratorMode
{
    Auto = 0,
    Sequential = 1,
    Parallel = 2,
}

/// <summary>A CPU that takes the group and warp sizes of a kind of GPU.</summary>
[DeviceType(AcceleratorType.CPU)]
public sealed class CPUDevice : Device
{
    public static readonly CPUDevice Default = new(4, 4, 1);
    public static readonly CPUDevice Nvidia = new(32, 32, 1);
    public static readonly CPUDevice AMD = new(32, 8, 1);
    public static readonly CPUDevice LegacyAMD = new(64, 4, 1);
    public static readonly CPUDevice Intel = new(16, 8, 1);
    public static readonly ImmutableArray<CPUDevice> All = [Default, Nvidia, AMD, LegacyAMD, Intel];

    public CPUDevice(int numThreadsPerWarp, int numWarpsPerMultiprocessor, int numMultiprocessors)
    {
        if (numThreadsPerWarp < 2 || !int.IsPow2(numWarpsPerMultiprocessor))
            throw new ArgumentOutOfRangeException(nameof(numThreadsPerWarp));
        ArgumentOutOfRangeException.ThrowIfLessThan(numWarpsPerMultiprocessor, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(numMultiprocessors, 1);
        if (numThreadsPerWarp * numWarpsPerMultiprocessor > short.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(numWarpsPerMultiprocessor));
        Name = "CPUAccelerator (stand-in: ILGPU package not found on this feed: CPU only)";
        WarpSize = numThreadsPerWarp;
        MaxNumThreadsPerGroup = numThreadsPerWarp * numWarpsPerMultiprocessor;
        MaxNumThreadsPerMultiprocessor = MaxNumThreadsPerGroup;
        NumMultiprocessors = numMultiprocessors;
        MaxGroupSize = new(MaxNumThreadsPerGroup);
        MemorySize = long.MaxValue;
        MaxGridSize = new(int.MaxValue, ushort.MaxValue, ushort.MaxValue);
        MaxSharedMemoryPerGroup = int.MaxValue;
        MaxConstantMemory = int.MaxValue;
        NumThreads = MaxNumThreads;
        Capabilities = new CPUCapabilityContext();
    }

    public int NumThreads { get; }

    public static CPUDevice GetDevice(CPUDeviceKind kind) =>
        kind is < CPUDeviceKind.Default or > CPUDeviceKind.Intel
            ? throw new ArgumentOutOfRangeException(nameof(kind))
            : All[(int)kind];

    public static ImmutableArray<Device> GetDevices(Predicate<CPUDevice> predicate) =>
        [.. All.Where(device => predicate(device))];

    public override Accelerator CreateAccelerator(Context context) => CreateCPUAccelerator(context);

    public CPUAccelerator CreateCPUAccelerator(Context context) =>
        CreateCPUAccelerator(context, CPUAcceleratorMode.Auto);

    public CPUAccelerator CreateCPUAccelerator(Context context, CPUAcceleratorMode mode) =>
        CreateCPUAccelerator(context, mode, ThreadPriority.Normal);

    public CPUAccelerator CreateCPUAccelerator(
        Context context,
        CPUAcceleratorMode mode,
        ThreadPriority threadPriority) => new(context, this, mode, threadPriority);

    public override bool Equals(object? obj) =>
        obj is CPUDevice device &&
        device.WarpSize == WarpSize &&
        device.MaxNumThreadsPerGroup == MaxNumThreadsPerGroup &&
        device.NumMultiprocessors == NumMultiprocessors &&
        base.Equals(obj);

    public override int GetHashCode() => HashCode.Combine(WarpSize, MaxNumThreadsPerGroup, NumMultiprocessors);
}
