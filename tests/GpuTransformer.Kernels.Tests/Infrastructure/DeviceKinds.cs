using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Test data: each kind of CPU accelerator.</summary>
public static class DeviceKinds
{
    public static TheoryData<TestDeviceKind> All => new(Enum.GetValues<TestDeviceKind>());
}
