using System.Reflection;

namespace ILGPU.Runtime;

public enum AcceleratorType
{
    CPU,
    Cuda,
    OpenCL,
}

public interface IDevice
{
    string Name { get; }

    long MemorySize { get; }

    Index3D MaxGridSize { get; }

    Index3D MaxGroupSize { get; }

    int MaxNumThreadsPerGroup { get; }

    int MaxSharedMemoryPerGroup { get; }

    int MaxConstantMemory { get; }

    int WarpSize { get; }

    int NumMultiprocessors { get; }

    int MaxNumThreadsPerMultiprocessor { get; }

    int MaxNumThreads { get; }

    CapabilityContext Capabilities { get; }

    void PrintInformation(TextWriter writer);
}

public interface IAcceleratorBuilder
{
    AcceleratorType AcceleratorType { get; }

    Accelerator CreateAccelerator(Context context);
}

/// <summary>What an accelerator can be made of, with its limits.</summary>
public abstract class Device : IDevice, IAcceleratorBuilder
{
    protected Device()
    {
        AcceleratorType = DeviceTypeAttribute.GetAcceleratorType(GetType());
        Capabilities = null!;
    }

    public AcceleratorType AcceleratorType { get; }

    public string Name { get; protected set; } = "<Unknown>";

    public long MemorySize { get; protected set; }

    public Index3D MaxGridSize { get; protected set; }

    public Index3D MaxGroupSize { get; protected set; }

    public int MaxNumThreadsPerGroup { get; protected set; }

    public int MaxSharedMemoryPerGroup { get; protected set; }

    public int MaxConstantMemory { get; protected set; }

    public int WarpSize { get; protected set; }

    public int NumMultiprocessors { get; protected set; }

    public int MaxNumThreadsPerMultiprocessor { get; protected set; }

    public int MaxNumThreads => NumMultiprocessors * MaxNumThreadsPerMultiprocessor;

    public CapabilityContext Capabilities { get; protected set; }

    public abstract Accelerator CreateAccelerator(Context context);

    public void PrintInformation(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteLine($"Device: {Name}");
        writer.WriteLine($"  Accelerator type: {AcceleratorType}");
        writer.WriteLine($"  Warp size: {WarpSize}");
        writer.WriteLine($"  Multiprocessors: {NumMultiprocessors}");
        writer.WriteLine($"  Threads: {MaxNumThreadsPerGroup} a group, {MaxNumThreads} in all");
        writer.WriteLine($"  Largest group {MaxGroupSize}, largest grid {MaxGridSize}");
        writer.WriteLine($"  Bytes: {MemorySize} global, {MaxSharedMemoryPerGroup} shared a group");
    }

    public override bool Equals(object? obj) =>
        obj is Device device && device.AcceleratorType == AcceleratorType && device.Name == Name;

    public override int GetHashCode() => (int)AcceleratorType;

    public override string ToString() =>
        $"{Name} [Type: {AcceleratorType}, WarpSize: {WarpSize}, " +
        $"MaxNumThreadsPerGroup: {MaxNumThreadsPerGroup}, MemorySize: {MemorySize}]";
}

[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = true)]
public sealed class DeviceTypeAttribute : Attribute
{
    public DeviceTypeAttribute(AcceleratorType acceleratorType)
    {
        AcceleratorType = acceleratorType;
    }

    public AcceleratorType AcceleratorType { get; }

    public static AcceleratorType GetAcceleratorType(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.GetCustomAttribute<DeviceTypeAttribute>()?.AcceleratorType
            ?? throw new InvalidOperationException($"{type} does not say which accelerator it is for.");
    }
}

public static class DeviceExtensions
{
    public static void PrintInformation(this IDevice device) => device.PrintInformation(Console.Out);
}
