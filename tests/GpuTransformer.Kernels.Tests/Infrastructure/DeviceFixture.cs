using System.Collections.Concurrent;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The accelerators of one test class, made when first used: a kernel compiles once a class and not once a test.</summary>
public sealed class DeviceFixture : IDisposable
{
    private readonly ConcurrentDictionary<TestDeviceKind, Lazy<TestDevice>> _devices = new();

    public TestDevice this[TestDeviceKind kind] =>
        _devices.GetOrAdd(kind, static k => new Lazy<TestDevice>(() => new TestDevice(k))).Value;

    public void Dispose()
    {
        foreach (var device in _devices.Values)
        {
            device.Value.Dispose();
        }
    }
}
