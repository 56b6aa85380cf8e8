using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Test data: each register width that this processor has.</summary>
public static class SimdWidths
{
    public static TheoryData<int> All => new(Available);

    public static IEnumerable<int> Available => new[] { 128, 256, 512 }.Where(bits => bits <= DeviceTraits.WidestSimd);
}
