using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The pool as a GPU has it, over the memory of a CPU accelerator.</summary>
public sealed class DevicePoolTests : IDisposable
{
    private const long Slab = 32 << 20;

    private readonly TestDevice _device = new(TestDeviceKind.Default);
    private readonly List<long> _asked = [];
    private Func<long, bool> _hasRoom = _ => true;

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Small_things_share_a_slab_and_start_at_256_byte_boundaries()
    {
        var pool = Shared();
        var memory = Enumerable.Range(1, 40).Select(i => pool.Rent<float>(i * 7, $"thing {i}")).ToList();
        Assert.Equal([Slab], _asked);
        var first = memory[0].View.LoadEffectiveAddressAsPtr();
        Assert.All(memory, m => Assert.Equal(0, (m.View.LoadEffectiveAddressAsPtr() - first) % 256));
        Assert.Equal(memory.Select((_, i) => (i + 1L) * 7), memory.Select(m => m.View.Length));

        // Each is its own: what is written to one stays.
        memory.ForEach(m => m.View.MemSet(_device.Stream, (byte)memory.IndexOf(m)));
        Assert.All(memory, m => Assert.All(
            m.View.GetAsArray(), value => Assert.Equal(0x01010101 * memory.IndexOf(m), BitConverter.SingleToInt32Bits(value))));
    }

    [Fact]
    public void What_comes_back_is_lent_again_and_nothing_grows()
    {
        var pool = Shared();
        using var kept = pool.Rent<int>(1000, "kept");
        for (var i = 0; i < 1000; i++)
        {
            using var a = pool.Rent<float>(3 << 20, "a");
            using var b = pool.Rent<byte>(5 << 20, "b");
        }

        var report = pool.Report;
        Assert.Equal((Slab, 1), (report.HeldBytes, report.Allocations));
        Assert.Equal(4096, report.UsedBytes);
        Assert.Equal(4096 + (12 << 20) + (5 << 20), report.PeakBytes);
    }

    [Fact]
    public void What_is_larger_than_a_slab_has_its_own()
    {
        var pool = Shared();
        using var large = pool.Rent<byte>(Slab + 1, "large");
        using var small = pool.Rent<byte>(1, "small");
        Assert.Equal([Slab + 256, Slab], _asked);
    }

    [Fact]
    public void A_device_without_room_is_our_error_with_the_sizes()
    {
        var pool = Shared(memory: 1 << 20);
        using var used = pool.Rent<byte>(1000, "used");
        _asked.Clear();
        var error = Assert.Throws<DeviceException>(() => pool.Rent<float>(1 << 18, "the arena of bert"));
        Assert.Equal(
            "a card: no room for the arena of bert, 1,048,576 bytes: 1,024 bytes are in use and 1,048,576 held of the device's 1,048,576.",
            error.Message);
        Assert.Empty(_asked);
        Assert.Throws<DeviceException>(() => pool.CheckRoom(1 << 20, "all weights"));
        pool.CheckRoom((1 << 20) - 1024, "what is left");
    }

    [Fact]
    public void A_driver_without_room_is_asked_for_less_and_then_without_what_is_free_elsewhere()
    {
        var pool = Shared();
        pool.Rent<byte>(20 << 20, "first").Dispose();
        _hasRoom = bytes => bytes < 40 << 20 && pool.Report.HeldBytes == 0;
        _asked.Clear();
        using var second = pool.Rent<byte>(33 << 20, "second");
        Assert.Equal([33 << 20, 33 << 20], _asked);
        Assert.Equal((33 << 20, 1), (pool.Report.HeldBytes, pool.Report.Allocations));

        _hasRoom = _ => false;
        var error = Assert.Throws<DeviceException>(() => pool.Rent<byte>(34 << 20, "third"));
        Assert.Contains("third, 35,651,584 bytes: 34,603,008 bytes are in use and 34,603,008 held", error.Message);
        Assert.Contains("nothing left", error.Message);
        Assert.IsType<NoMemory>(error.InnerException);
        Assert.Equal(33 << 20, pool.Report.UsedBytes);
    }

    [Fact]
    public void A_cpu_accelerator_frees_at_once()
    {
        var pool = _device.Kernels.DevicePool;
        var before = pool.Report;
        var memory = pool.Rent<double>(100, "numbers");
        Assert.Equal(0, memory.View.LoadEffectiveAddressAsPtr() % 256);
        Assert.Equal(before.HeldBytes + 1024, pool.Report.HeldBytes);
        memory.Dispose();
        memory.Dispose();
        Assert.Equal(before.HeldBytes, pool.Report.HeldBytes);
        Assert.Equal(before.UsedBytes, pool.Report.UsedBytes);
        Assert.Throws<ObjectDisposedException>(() => memory.View);
    }

    [Fact]
    public void A_device_that_is_lost_is_named_and_giving_back_says_nothing()
    {
        var error = DeviceException.Of(_device.Kernels.Traits with { Name = "a card" }, "writing the weights", new NoMemory());
        Assert.Equal("a card: writing the weights failed: nothing left", error.Message);
        DeviceException.Ignore(() => throw new NoMemory());
        Assert.Throws<InvalidOperationException>(() => DeviceException.Ignore(() => throw new InvalidOperationException()));
    }

    private DevicePool Shared(long memory = 0) => new(
        _device.Accelerator,
        _device.Kernels.Traits with { Kind = DeviceKind.Cuda, Name = "a card", MemoryBytes = memory },
        shares: true,
        bytes =>
        {
            _asked.Add(bytes);
            return _hasRoom(bytes) ? _device.Accelerator.Allocate1D<byte>(bytes) : throw new NoMemory();
        });

    private sealed class NoMemory() : AcceleratorException("nothing left")
    {
        public override AcceleratorType AcceleratorType => AcceleratorType.Cuda;
    }
}
