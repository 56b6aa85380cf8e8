using GpuTransformer.Graph;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>Page-locked copies; what they hold does not depend on the device.</summary>
public sealed class HostStagingTests : IDisposable
{
    private const int Capacity = 64 << 10;

    private readonly ComputeDevice _device = ComputeDevice.Open("cpu");
    private readonly HostStaging _staging;

    public HostStagingTests() => _staging = HostStaging.Make(_device.Accelerator, _device.Accelerator.DefaultStream, 1);

    public void Dispose()
    {
        _staging.Dispose();
        _device.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(Capacity / sizeof(float))]
    [InlineData(Capacity / sizeof(float) + 1)]
    [InlineData(5 * Capacity / sizeof(float) + 77)]
    public void Values_of_any_length_go_in_and_come_out(int count)
    {
        Assert.Equal(Capacity, _staging.Bytes);
        using var memory = _device.Accelerator.Allocate1D<float>(count + 5);
        using var words = _device.Accelerator.Allocate1D([11, 22]);
        ArrayView<float> view = memory.View;
        var values = Enumerable.Range(0, count).Select(i => (float)i).ToArray();
        _staging.Write<float>(view.SubView(5, count), values);
        values.AsSpan().Fill(-1);
        _staging.Read(view.SubView(5, count), values, ((ArrayView<int>)words.View).SubView(1, 1), out var word);
        Assert.Equal(22, word);
        Assert.Equal(Enumerable.Range(0, count).Select(i => (float)i), values);
    }

    [Fact]
    public void A_place_is_used_again_only_after_a_wait()
    {
        using var memory = _device.Accelerator.Allocate1D<int>(1 << 14);
        using var word = _device.Accelerator.Allocate1D([7]);
        ArrayView<int> view = memory.View;
        for (var i = 0; i < 600; i++)
        {
            _staging.Write<int>(view.SubView(i * 16, 16), Enumerable.Repeat(i, 16).ToArray());
        }

        var found = new int[600 * 16];
        _staging.Read(view, found, word.View, out _);
        Assert.Equal(Enumerable.Range(0, 600 * 16).Select(i => i / 16), found);
        _staging.Read(view, [], word.View, out var status);
        Assert.Equal(7, status);
    }

    [Fact]
    public void Nothing_is_allocated_after_it_was_made()
    {
        using var memory = _device.Accelerator.Allocate1D<float>(4096);
        using var word = _device.Accelerator.Allocate1D([7]);
        var values = new float[4096];
        var least = long.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            _staging.Write<float>(memory.View, values);
            _staging.Read(memory.View, values, word.View, out _);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
