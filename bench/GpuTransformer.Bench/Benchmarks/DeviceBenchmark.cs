using BenchmarkDotNet.Attributes;
using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench;

/// <summary>A benchmark over every accelerator at hand; an iteration ends when the stream is idle.</summary>
public abstract class DeviceBenchmark
{
    private readonly Stack<IDisposable> _owned = [];
    private BenchCase? _case;

    /// <summary>The accelerators, the CPU with all threads and with one.</summary>
    public static IEnumerable<BenchTarget> Targets => BenchTarget.All;

    /// <summary>Where it runs.</summary>
    [ParamsSource(nameof(Targets))]
    public BenchTarget On { get; set; } = new("cpu", 1);

    /// <summary>Opens the device, makes the case and checks its result.</summary>
    [GlobalSetup]
    public void Setup()
    {
        BenchDevice.UseThreads(On.Threads);
        _case = Own(Make(Own(new BenchDevice(On.Device))));
        _case.Run();
        _case.Verify();
    }

    /// <summary>One run, to its end.</summary>
    [Benchmark]
    public void Run() => _case!.Run();

    /// <summary>Asks the device's events too, then frees the case, what it was made of, and the device.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        if (_case is not null)
        {
            DeviceTimes.Measure(this, _case);
        }

        while (_owned.TryPop(out var owned))
        {
            owned.Dispose();
        }
    }

    private protected abstract BenchCase Make(BenchDevice device);

    private protected T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Push(owned);
        return owned;
    }
}
