using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Steps whose tiles count themselves and look whether the step before is whole.</summary>
internal readonly unsafe struct CountedSteps
{
    /// <summary>The most tiles of a step.</summary>
    public const int MaxTiles = 64;

    private readonly Counter* _counters;

    public CountedSteps(int count, Func<int, int> tiles)
    {
        Count = count;
        Pointer = (CpuStep*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(CpuStep));
        _counters = (Counter*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(Counter));
        for (var s = 0; s < count; s++)
        {
            _counters[s].Count = tiles(s);
            _counters[s].Before = s == 0 ? null : _counters + s - 1;
            Pointer[s] = new CpuStep(&TileCount, &Tile, _counters + s);
        }
    }

    public CpuStep* Pointer { get; }

    public int Count { get; }

    public void CheckEachTileOnce() => CheckEachTile(1);

    public void CheckEachTile(int times)
    {
        for (var s = 0; s < Count; s++)
        {
            CheckStep(s, times);
            Assert.Equal(0, _counters[s].OutOfOrder);
        }
    }

    public void CheckStep(int step, int times)
    {
        for (var t = 0; t < MaxTiles; t++)
        {
            Assert.Equal(t < _counters[step].Count ? times : 0, _counters[step].Ran[t]);
        }
    }

    public IEnumerable<int> ThreadsSeen()
    {
        var threads = new List<int>();
        for (var s = 0; s < Count; s++)
        {
            for (var t = 0; t < _counters[s].Count; t++)
            {
                threads.Add(_counters[s].Thread[t]);
            }
        }

        return threads;
    }

    public void Clear()
    {
        for (var s = 0; s < Count; s++)
        {
            Unsafe.InitBlock(_counters[s].Ran, 0, MaxTiles * sizeof(int));
            _counters[s].Done = 0;
        }
    }

    public void Free()
    {
        NativeMemory.Free(Pointer);
        NativeMemory.Free(_counters);
    }

    private static int TileCount(void* args) => ((Counter*)args)->Count;

    private static void Tile(void* args, int tile)
    {
        var counter = (Counter*)args;
        var before = counter->Before;
        if (before != null && Volatile.Read(ref before->Done) < before->Count)
        {
            Interlocked.Increment(ref counter->OutOfOrder);
        }

        Interlocked.Increment(ref counter->Ran[tile]);
        counter->Thread[tile] = Environment.CurrentManagedThreadId;
        Thread.SpinWait(tile & 31);
        Interlocked.Increment(ref counter->Done);
    }

    private struct Counter
    {
        public int Count;
        public int Done;
        public int OutOfOrder;
        public Counter* Before;
        public fixed int Ran[MaxTiles];
        public fixed int Thread[MaxTiles];
    }
}
