using GpuTransformer.Graph;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A loop that shows what a GPU can do, as an ILGPU kernel.</summary>
internal sealed class DeviceLoop : BenchCase
{
    private const int GroupSize = 256;
    private const int GroupsPerMultiprocessor = 16;
    private const int Rounds = 500;

    private readonly BenchDevice _device;
    private readonly Action<AcceleratorStream, KernelConfig, DeviceLoopArgs> _kernel;
    private readonly DeviceMemory<float> _sums;
    private readonly DeviceMemory<float>? _data;
    private readonly double _expectedTotal;
    private readonly KernelConfig _config;
    private readonly DeviceLoopArgs _args;

    private DeviceLoop(
        BenchDevice device,
        string operation,
        string shape,
        Work work,
        double expectedTotal,
        Action<DeviceLoopArgs> kernel,
        DeviceMemory<float>? data)
        : base(operation, shape, work)
    {
        _device = device;
        _kernel = device.Accelerator.LoadKernel(kernel);
        _data = data;
        _expectedTotal = expectedTotal;
        _config = new KernelConfig(Groups(device), ThreadsInGroup(device));
        _sums = device.Empty(Threads(device), "sums");
        _args = new DeviceLoopArgs
        {
            Data = data?.View ?? default,
            Sums = _sums.View,
            Repeats = Rounds,

            // x = x / 2 + 1 ends at 2 exactly.
            Factor = 0.5f,
            Addend = 1f,
        };
    }

    public override string Variant => "ILGPU kernel";

    public static DeviceLoop OfRegisters(BenchDevice device)
    {
        var steps = (double)Threads(device) * Rounds * DeviceLoops.MultiplyAddsInRound;
        var work = new Work(2 * steps, 0, IsMemoryBound: false);
        return new DeviceLoop(device, "multiply-add loop", "registers", work, 32.0 * Threads(device), DeviceLoops.MultiplyAdd, null);
    }

    public static DeviceLoop OfMemory(BenchDevice device, long bytes)
    {
        var ones = new float[bytes / sizeof(float)];
        Array.Fill(ones, 1f);
        var work = new Work(0, bytes, IsMemoryBound: true);
        return new DeviceLoop(
            device, "plain read", $"{bytes >> 20} MB", work, ones.Length, DeviceLoops.Read, device.Filled(ones, "ones"));
    }

    public override AcceleratorStream Stream => _device.Stream;

    public override void Launch() => _kernel(_device.Stream, _config, _args);

    public override void Synchronize() => _device.Stream.Synchronize();

    public override void Verify()
    {
        var sums = new float[_sums.Length];
        _sums.Read(_device.Stream, 0, sums);
        ExpectNear("the sum over all threads", sums.Sum(s => (double)s), _expectedTotal, 0);
    }

    public override void Dispose()
    {
        _sums.Dispose();
        _data?.Dispose();
        base.Dispose();
    }

    private static int Groups(BenchDevice device) => device.Kernels.Traits.Multiprocessors * GroupsPerMultiprocessor;

    private static int ThreadsInGroup(BenchDevice device) => Math.Min(GroupSize, device.Kernels.Traits.MaxGroupSize);

    private static int Threads(BenchDevice device) => Groups(device) * ThreadsInGroup(device);
}
