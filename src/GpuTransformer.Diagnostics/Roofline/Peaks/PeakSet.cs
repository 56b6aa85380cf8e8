using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What a device can do at best, measured in the same rounds as the cases that are held against it.</summary>
internal sealed class PeakSet : IDisposable
{
    private const long Megabyte = 1 << 20;
    private static readonly long[] s_middleBytes = [4 * Megabyte, 16 * Megabyte];
    private readonly List<Peak> _peaks = [];

    private PeakSet()
    {
    }

    /// <summary>Every loop on every number of threads.</summary>
    public IEnumerable<Measurement> Measurements => _peaks.Select(p => p.Measurement).Concat(Copy is null ? [] : [Copy]);

    /// <summary>The copy between two blocks that no cache holds; null where it is not measured.</summary>
    public Measurement? Copy { get; private set; }

    /// <summary>Multiply-adds of each width, and plain reads of a block that a core's second-level cache holds, of 4 MB,
    /// of 16 MB, and of one that no cache holds.</summary>
    public static PeakSet OfCpu(IEnumerable<int> threadCounts)
    {
        var peaks = new PeakSet();
        var all = CpuPool.Shared.Threads;
        var widest = DeviceTraits.WidestSimd;
        var cache = ProcessorCaches.SecondLevelBytes;
        List<(PoolLoop Loop, long HoldsPerThread, long Holds)> loops =
        [
            (new FmaLoop(widest, all), 0, 0),
            (ReadLoop.OfCache(cache / 2, all, widest), cache, 0),
            .. s_middleBytes.Select(bytes => (ReadLoop.OfMemory(bytes, widest), 0L, bytes)),
            (ReadLoop.OfMemory(ProcessorCaches.BytesBeyondCaches, widest), 0, long.MaxValue),
        ];
        if (widest == 512)
        {
            loops.Insert(1, (new FmaLoop(256, all), 0, 0));
        }

        foreach (var threads in threadCounts)
        {
            peaks._peaks.AddRange(loops.Select(l =>
                new Peak(new Measurement(l.Loop, threads), Math.Max(l.Holds, l.HoldsPerThread * threads))));
        }

        return peaks;
    }

    /// <summary>Multiply-adds, and plain reads of a block that a GPU's cache holds and of one that it does not.</summary>
    /// <param name="device">Where.</param>
    /// <param name="copied">What a copy of rows that no cache holds is measured on too; null: there is none.</param>
    public static PeakSet OfDevice(BenchDevice device, RowArrays? copied = null)
    {
        const long Small = 4 * Megabyte;
        var large = copied is null
            ? Math.Clamp(device.Kernels.Traits.MemoryBytes / 8 / Megabyte, 16, 512) * Megabyte
            : (long)copied.X.Length * sizeof(float);
        var peaks = new PeakSet();
        peaks._peaks.Add(new Peak(new Measurement(DeviceLoop.OfRegisters(device), 0), 0));
        peaks._peaks.Add(new Peak(new Measurement(DeviceLoop.OfMemory(device, Small), 0), Small));
        peaks._peaks.Add(new Peak(new Measurement(DeviceLoop.OfMemory(device, large), 0), long.MaxValue));
        if (copied is not null)
        {
            peaks.Copy = new Measurement(new CopyLoop(device, copied), 0);
        }

        return peaks;
    }

    /// <summary>The loop to hold a case against: multiply-adds of its width (the widest, where it runs through ILGPU), or
    /// the smallest plain read whose place holds all that the case touches; on as many threads. Beyond all caches the copy,
    /// where it is measured.</summary>
    public Measurement For(Measurement measurement)
    {
        var (work, bits) = (measurement.Case.Work, measurement.Case.SimdBits);
        var peaks = _peaks.Where(p =>
            p.Measurement.Threads == measurement.Threads && p.Measurement.Case.Work.IsMemoryBound == work.IsMemoryBound);
        var peak = work.IsMemoryBound
            ? peaks.Where(p => p.HoldsBytes >= work.Bytes).MinBy(p => p.HoldsBytes)
            : peaks.FirstOrDefault(p => p.Measurement.Case.SimdBits == bits) ?? peaks.First();
        return Copy is not null && peak!.HoldsBytes == long.MaxValue ? Copy : peak!.Measurement;
    }

    public void Dispose()
    {
        foreach (var loop in Measurements.Select(m => m.Case).Distinct())
        {
            loop.Dispose();
        }
    }

    private sealed record Peak(Measurement Measurement, long HoldsBytes);
}
