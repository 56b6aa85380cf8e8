using System.Diagnostics;

namespace GpuTransformer.Kernels;

/// <summary>The pool's own threads: how they wait, sleep, wake each other and end.</summary>
internal sealed unsafe partial class CpuPool
{
    // A waiting worker spins this long before it sleeps; waking costs the caller and the worker 5 to 50 us.
    private static readonly long LongestSpin = Stopwatch.Frequency / 10_000;
    private static readonly long ShortestSpin = Stopwatch.Frequency / 50_000;

    private void Work(int index)
    {
        CpuScratch.Prepare();
        Interlocked.Increment(ref _workers);
        var spin = LongestSpin;
        while (!Retires(index))
        {
            var idleSince = Stopwatch.GetTimestamp();
            var deadline = idleSince + spin;
            while (!HasWorkFor(index) && Stopwatch.GetTimestamp() < deadline)
            {
                Thread.SpinWait(1);
            }

            if (!HasWorkFor(index))
            {
                Sleep(index);
            }

            // Short pauses are worth spinning through to the end, long ones are not worth the processor.
            var idle = Stopwatch.GetTimestamp() - idleSince;
            spin = idle < 2 * LongestSpin ? LongestSpin : Math.Max(ShortestSpin, spin / 2);
            var done = RunTiles(index);
            if (done > 0)
            {
                Interlocked.Add(ref _shared.Completed, done);
            }
        }
    }

    private void Sleep(int index)
    {
        Interlocked.Increment(ref _shared.Sleepers);
        if (HasWorkFor(index) && TakeSleepers(1) == 1)
        {
            return;
        }

        // Where someone else counted this worker off, its wake is already there.
        lock (_bed)
        {
            while (_wakes == 0)
            {
                Monitor.Wait(_bed);
            }

            _wakes--;
        }

        var work = Volatile.Read(ref _shared.Work);
        WakeFor((int)(work >> 32) - (int)work);
    }

    /// <summary>Wakes sleepers for this many tiles, less the workers that are awake. Two at most: they wake the others,
    /// so that the caller of a big pool does not spend its time on it.</summary>
    private void WakeFor(int tiles)
    {
        var sleepers = Volatile.Read(ref _shared.Sleepers);
        if (sleepers > 0)
        {
            Wake(Math.Min(2, Math.Min(tiles, Workers) - (Volatile.Read(ref _workers) - sleepers)));
        }
    }

    private void Wake(int atMost)
    {
        var count = TakeSleepers(atMost);
        if (count > 0)
        {
            lock (_bed)
            {
                _wakes += count;
                for (var i = 0; i < count; i++)
                {
                    Monitor.Pulse(_bed);
                }
            }
        }
    }

    private int TakeSleepers(int atMost)
    {
        while (true)
        {
            var sleepers = Volatile.Read(ref _shared.Sleepers);
            var count = Math.Min(sleepers, atMost);
            if (count <= 0)
            {
                return 0;
            }

            if (Interlocked.CompareExchange(ref _shared.Sleepers, sleepers - count, sleepers) == sleepers)
            {
                return count;
            }
        }
    }

    private void StartWorkers()
    {
        lock (_gate)
        {
            var wanted = _threads - 1;
            for (var i = 0; i < wanted; i++)
            {
                if (!_alive[i])
                {
                    var index = i;
                    _alive[i] = true;
                    new Thread(() => Work(index)) { IsBackground = true, Name = $"gputx {index + 1}" }.Start();
                }
            }

            // What a thread allocates at its start belongs to the first walk.
            SpinWait.SpinUntil(() => Volatile.Read(ref _workers) >= wanted);
        }
    }

    private bool Retires(int index)
    {
        if (index < Threads - 1)
        {
            return false;
        }

        lock (_gate)
        {
            if (index < _threads - 1)
            {
                return false;
            }

            _alive[index] = false;
            Interlocked.Decrement(ref _workers);
            return true;
        }
    }
}
