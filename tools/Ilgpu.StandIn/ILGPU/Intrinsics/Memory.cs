using ILGPU.Execution;
using ILGPU.Runtime;

namespace ILGPU;

/// <summary>Memory of one group.</summary>
public static class SharedMemory
{
    public static ref T Allocate<T>()
        where T : unmanaged => ref Allocate<T>(1)[0];

    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged => GroupRun.Current.Shared.Allocate<T>(GroupRun.Current.Lane, extent);

    public static ArrayView1D<T, Stride1D.Dense> Allocate1D<T>(Index1D extent)
        where T : unmanaged => Allocate<T>(extent.X);

    public static ArrayView<T> GetDynamic<T>()
        where T : unmanaged => GroupRun.Current.Shared.Dynamic<T>(GroupRun.Current.Lane);
}

/// <summary>Memory of one thread.</summary>
public static class LocalMemory
{
    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged => GroupRun.Current.AllocateLocal<T>(extent);

    public static ArrayView1D<T, Stride1D.Dense> Allocate1D<T>(Index1D extent)
        where T : unmanaged => Allocate<T>(extent.X);
}

public static class MemoryFence
{
    public static void GroupLevel() => Interlocked.MemoryBarrier();

    public static void DeviceLevel() => Interlocked.MemoryBarrier();

    public static void SystemLevel() => Interlocked.MemoryBarrier();
}
