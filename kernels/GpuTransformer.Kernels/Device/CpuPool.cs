using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>The threads that compute CPU tiles. The caller of a walk works too, so a pool of one thread has no other.
/// Tiles are claimed one by one from a shared counter: a thread that sleeps or is descheduled without a tile delays
/// nobody. Not re-entrant: while one caller's walk has the pool, another caller's runs on its own thread alone, and the pool
/// goes on with a worker less, so that all of them together are never more than the threads.</summary>
internal sealed unsafe partial class CpuPool
{
    /// <summary>The most threads of a pool.</summary>
    public const int MaxThreads = 256;

    private const int DefaultMaxThreads = 64;
    private const string ThreadsVariable = "GPUTX_THREADS";

    private const int CallerSpins = 2_000;
    private const long OneFromTheEnd = 1L << 32;
    private const int CallerIndex = -1;

    private static readonly Lazy<CpuPool> Instance = new(() => new CpuPool(
        ThreadsFrom(Environment.GetEnvironmentVariable(ThreadsVariable), Environment.ProcessorCount)));

    private readonly object _gate = new();
    private readonly object _bed = new();
    private readonly bool[] _alive = new bool[MaxThreads];
    private int _threads;
    private int _workers;
    private int _busy;
    private int _wakes;
    private Exception? _error;
    private SharedState _shared;

    public CpuPool(int threads) => _threads = Checked(threads);

    /// <summary>The process's one pool; as many threads as <c>GPUTX_THREADS</c> says, else one a processor up to 64.</summary>
    public static CpuPool Shared => Instance.Value;

    /// <summary>Threads that work on a walk, the caller's included.</summary>
    public int Threads => Volatile.Read(ref _threads);

    /// <summary>Sets <see cref="Threads"/>; walks that run keep what they have claimed.</summary>
    public void Limit(int threads)
    {
        lock (_gate)
        {
            _threads = Checked(threads);
        }

        // Those over the limit find that out when they are awake.
        Wake(MaxThreads);
    }

    /// <summary>Walks the steps in order; the tiles of a step run on any thread, and a step starts when the one before it
    /// is done. The first exception of a tile is thrown here, when its step is done. Where
    /// <paramref name="timestamps"/> is not null it receives count + 1 ticks: the start, then each step's end.</summary>
    public void Walk(CpuStep* steps, int count, long* timestamps = null)
    {
        var threads = Threads;
        var mine = threads > 1 && Interlocked.CompareExchange(ref _busy, 1, 0) == 0;
        var isGuest = !mine && threads > 1;
        if (isGuest)
        {
            Interlocked.Increment(ref _shared.Guests);
        }

        try
        {
            Stamp(timestamps, 0);
            for (var s = 0; s < count; s++)
            {
                var tiles = steps[s].TileCount(steps[s].Args);
                if (mine && tiles > 1)
                {
                    Share(steps[s], tiles);
                }
                else
                {
                    Alone(steps[s], tiles);
                }

                Stamp(timestamps, s + 1);
            }
        }
        finally
        {
            if (mine)
            {
                Volatile.Write(ref _busy, 0);
            }
            else if (isGuest)
            {
                Interlocked.Decrement(ref _shared.Guests);
            }
        }
    }

    private static void Stamp(long* timestamps, int index)
    {
        if (timestamps != null)
        {
            timestamps[index] = Stopwatch.GetTimestamp();
        }
    }

    private static void Alone(in CpuStep step, int tiles)
    {
        for (var t = 0; t < tiles; t++)
        {
            step.Tile(step.Args, t);
        }
    }

    private void Share(in CpuStep step, int tiles)
    {
        if (Volatile.Read(ref _workers) < Threads - 1)
        {
            StartWorkers();
        }

        _shared.Tile = step.Tile;
        _shared.Args = step.Args;
        Volatile.Write(ref _shared.Completed, 0);

        // A full fence: the work is seen before the sleepers are counted, and a worker does it the other way round.
        Interlocked.Exchange(ref _shared.Work, (long)tiles << 32);
        WakeFor(tiles - 1);
        var done = RunTiles(CallerIndex);
        if (Interlocked.Add(ref _shared.Completed, done) != tiles)
        {
            Await(tiles);
        }

        if (_error is { } error)
        {
            _error = null;
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>Claims and computes tiles until the step has none left; returns how many. The caller claims from the
    /// first up and workers from the last down, so that of two threads each sees much the same tiles again in the next
    /// pass, in its own cache. A claim is good for whatever step the counter belongs to at that moment, and a step with a
    /// claimed tile does not end, so its function and arguments are read after the claim.</summary>
    private int RunTiles(int index)
    {
        var isCaller = index == CallerIndex;
        var done = 0;
        while (HasWorkFor(index))
        {
            var work = isCaller
                ? Interlocked.Increment(ref _shared.Work) - 1
                : Interlocked.Add(ref _shared.Work, -OneFromTheEnd) + OneFromTheEnd;
            var next = (int)work;
            var end = (int)(work >> 32);
            if (next >= end)
            {
                break;
            }

            try
            {
                _shared.Tile(_shared.Args, isCaller ? next : end - 1);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref _error, error, null);
            }

            done++;
        }

        return done;
    }

    /// <summary>Whether there is a tile that is not claimed, and this thread may claim it: callers that walk alone take
    /// the places of the last workers.</summary>
    private bool HasWorkFor(int index)
    {
        var work = Volatile.Read(ref _shared.Work);
        return (int)work < (int)(work >> 32) && (index == CallerIndex || index < Workers);
    }

    /// <summary>Workers that may work now.</summary>
    private int Workers => Threads - 1 - Volatile.Read(ref _shared.Guests);

    /// <summary>Waits for the tiles that workers have claimed.</summary>
    private void Await(int tiles)
    {
        for (var spins = 0; Volatile.Read(ref _shared.Completed) != tiles; spins++)
        {
            if (spins < CallerSpins)
            {
                Thread.SpinWait(1);
            }
            else
            {
                // The worker may want this very processor.
                Thread.Yield();
            }
        }
    }

    /// <summary>The number that the environment variable holds, else one thread a processor.</summary>
    internal static int ThreadsFrom(string? text, int processors)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Math.Clamp(processors, 1, DefaultMaxThreads);
        }

        return int.TryParse(text, out var threads) && threads is >= 1 and <= MaxThreads
            ? threads
            : throw new InputException(
                $"{ThreadsVariable}: expected a number of threads from 1 to {MaxThreads}, found \"{text}\".");
    }

    private static int Checked(int threads) => threads is >= 1 and <= MaxThreads
        ? threads
        : throw new ShapeException($"CPU threads: expected 1 to {MaxThreads}, found {threads}.");

    /// <summary>What all threads write, each part on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 768)]
    private struct SharedState
    {
        /// <summary>Tiles from the lower half up to but without the upper half are not claimed. Late claims move the two
        /// past each other, by one a thread at most.</summary>
        [FieldOffset(128)]
        public long Work;

        /// <summary>Tiles of the step that are done.</summary>
        [FieldOffset(256)]
        public long Completed;

        /// <summary>Workers that sleep, or are about to, and that nobody has counted off to wake.</summary>
        [FieldOffset(384)]
        public int Sleepers;

        [FieldOffset(512)]
        public delegate*<void*, int, void> Tile;

        [FieldOffset(520)]
        public void* Args;

        /// <summary>Callers that walk alone.</summary>
        [FieldOffset(640)]
        public int Guests;
    }
}
