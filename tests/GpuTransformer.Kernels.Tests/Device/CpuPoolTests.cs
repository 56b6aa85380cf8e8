using System.Runtime.InteropServices;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The pool on its own, with more threads than most machines have processors.</summary>
public sealed unsafe class CpuPoolTests : IDisposable
{
    private readonly CpuPool _pool = new(4);

    [Fact]
    public void Walk_RunsEachTileOnce_AndStepsInOrder()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var steps = Steps(20, _ => random.Next(0, random.Next(2) == 0 ? 3 : CountedSteps.MaxTiles));
            _pool.Walk(steps.Pointer, steps.Count);
            steps.CheckEachTileOnce();
            steps.Free();
        }
    }

    [Fact]
    public void Walk_AfterAPause_WakesTheWorkers()
    {
        var steps = Steps(3, _ => 16);
        for (var round = 0; round < 20; round++)
        {
            steps.Clear();
            _pool.Walk(steps.Pointer, steps.Count);
            steps.CheckEachTileOnce();
            Thread.Sleep(round % 3);
        }

        steps.Free();
    }

    [Fact]
    public void Walk_SharesTiles_BetweenThreads()
    {
        var threads = new int[4];
        fixed (int* seen = threads)
        {
            // Each tile waits until two threads are in: one thread alone would not get past the first.
            var args = new Meeting { Arrived = seen };
            var step = new CpuStep(&TwoTiles, &Meet, &args);
            _pool.Walk(&step, 1);
            Assert.Equal(2, args.Arrived[0]);
        }
    }

    [Fact]
    public void TwoCallers_BothFinish_EachTileOnce()
    {
        var failures = new List<Exception>();
        var callers = Enumerable.Range(0, 3).Select(seed => new Thread(() =>
        {
            try
            {
                var random = new Random(seed);
                for (var round = 0; round < 100; round++)
                {
                    var steps = Steps(10, _ => random.Next(0, CountedSteps.MaxTiles));
                    _pool.Walk(steps.Pointer, steps.Count);
                    steps.CheckEachTileOnce();
                    steps.Free();
                }
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }
            }
        })).ToList();
        callers.ForEach(caller => caller.Start());
        callers.ForEach(caller => caller.Join());
        Assert.Empty(failures);
    }

    [Fact]
    public void CallersAtATime_AndTheWorkers_AreNoMoreThanTheThreads()
    {
        // The first caller holds the pool until two others walk alone; of four threads two are left for its next step.
        var state = new Crowd();
        var guest = new CpuStep(&OneTile, &StayUntilReleased, &state);
        var steps = stackalloc CpuStep[] { new(&OneTile, &AwaitGuests, &state), new(&ManyTiles, &CountThreads, &state) };
        var (first, pool) = ((nint)steps, _pool);
        var holder = new Thread(() => pool.Walk((CpuStep*)first, 2));
        holder.Start();
        SpinUntil(ref state.HolderIsIn, 1);
        var second = (nint)(&guest);
        var guests = Enumerable.Range(0, 2).Select(_ => new Thread(() => pool.Walk((CpuStep*)second, 1))).ToList();
        guests.ForEach(thread => thread.Start());
        holder.Join();
        Volatile.Write(ref state.Released, 1);
        guests.ForEach(thread => thread.Join());
        Assert.Equal(ManyTiles(null), state.Done);
        Assert.InRange(state.Most, 1, 2);
    }

    [Fact]
    public void Walk_InsideATile_RunsAlone()
    {
        var inner = Steps(2, _ => 5);
        var args = new Nested { Pool = GCHandle.Alloc(_pool), Steps = inner.Pointer, Count = inner.Count };
        var step = new CpuStep(&TwoTiles, &WalkInside, &args);
        _pool.Walk(&step, 1);
        args.Pool.Free();
        inner.CheckEachTile(2);
        inner.Free();
    }

    [Fact]
    public void Limit_OfOne_RunsOnTheCaller()
    {
        var steps = Steps(5, _ => CountedSteps.MaxTiles);
        _pool.Walk(steps.Pointer, steps.Count);
        _pool.Limit(1);
        Assert.Equal(1, _pool.Threads);
        steps.Clear();
        _pool.Walk(steps.Pointer, steps.Count);
        steps.CheckEachTileOnce();
        Assert.All(steps.ThreadsSeen(), thread => Assert.Equal(Environment.CurrentManagedThreadId, thread));
        steps.Free();
    }

    [Fact]
    public void Limit_UpAndDown_LosesNoTile()
    {
        var steps = Steps(10, _ => CountedSteps.MaxTiles);
        for (var round = 0; round < 60; round++)
        {
            _pool.Limit(1 + round * 7 % 5);
            steps.Clear();
            _pool.Walk(steps.Pointer, steps.Count);
            steps.CheckEachTileOnce();
        }

        steps.Free();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(CpuPool.MaxThreads + 1)]
    public void Limit_OutOfRange_IsRefused(int threads)
    {
        var error = Assert.Throws<ShapeException>(() => _pool.Limit(threads));
        Assert.Contains(threads.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(4, _pool.Threads);
    }

    [Fact]
    public void TheEnvironment_SaysHowManyThreads()
    {
        Assert.Equal(2, CpuPool.ThreadsFrom(null, 2));
        Assert.Equal(64, CpuPool.ThreadsFrom("", 96));
        Assert.Equal(7, CpuPool.ThreadsFrom("7", 2));
        foreach (var wrong in new[] { "0", "many", "257", "-1", "1.5" })
        {
            Assert.Contains(
                wrong, Assert.Throws<InputException>(() => CpuPool.ThreadsFrom(wrong, 2)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Exception_OfATile_ReachesTheCaller_AndThePoolGoesOn(int threads)
    {
        _pool.Limit(threads);
        var steps = Steps(3, _ => 8);
        steps.Pointer[1] = new CpuStep(&TwoTiles, &Throw, null);
        var error = Assert.Throws<InputException>(() => _pool.Walk(steps.Pointer, steps.Count));
        Assert.Equal("tile", error.Message);
        steps.CheckStep(0, 1);
        steps.CheckStep(2, 0);

        var others = Steps(3, _ => 8);
        _pool.Walk(others.Pointer, others.Count);
        others.CheckEachTileOnce();
        steps.Free();
        others.Free();
    }

    [Fact]
    public void Timestamps_AreOneMoreThanSteps_AndAscend()
    {
        var steps = Steps(4, i => i * 3);
        var ticks = stackalloc long[6];
        new Span<long>(ticks, 6).Fill(-1);
        _pool.Walk(steps.Pointer, steps.Count, ticks);
        for (var i = 1; i <= steps.Count; i++)
        {
            Assert.True(ticks[i] >= ticks[i - 1] && ticks[i - 1] > 0);
        }

        Assert.Equal(-1, ticks[5]);
        steps.Free();
    }

    // Workers over the limit of one end.
    public void Dispose() => _pool.Limit(1);

    private static int TwoTiles(void* args) => 2;

    private static int OneTile(void* args) => 1;

    private static int ManyTiles(void* args) => 64;

    private static void AwaitGuests(void* args, int tile)
    {
        Volatile.Write(ref ((Crowd*)args)->HolderIsIn, 1);
        SpinUntil(ref ((Crowd*)args)->Guests, 2);
    }

    private static void StayUntilReleased(void* args, int tile)
    {
        Interlocked.Increment(ref ((Crowd*)args)->Guests);
        SpinUntil(ref ((Crowd*)args)->Released, 1);
    }

    private static void CountThreads(void* args, int tile)
    {
        var crowd = (Crowd*)args;
        var now = Interlocked.Increment(ref crowd->Now);
        for (var most = Volatile.Read(ref crowd->Most); most < now; most = Volatile.Read(ref crowd->Most))
        {
            Interlocked.CompareExchange(ref crowd->Most, now, most);
        }

        // Long enough that every thread which may come does.
        Thread.Sleep(1);
        Interlocked.Decrement(ref crowd->Now);
        Interlocked.Increment(ref crowd->Done);
    }

    private static void SpinUntil(ref int value, int least)
    {
        while (Volatile.Read(ref value) < least)
        {
            Thread.Yield();
        }
    }

    private static void Meet(void* args, int tile)
    {
        var arrived = ((Meeting*)args)->Arrived;
        Interlocked.Increment(ref *arrived);
        while (Volatile.Read(ref *arrived) < 2)
        {
            Thread.Yield();
        }
    }

    private static void WalkInside(void* args, int tile)
    {
        var nested = (Nested*)args;
        ((CpuPool)nested->Pool.Target!).Walk(nested->Steps, nested->Count);
    }

    private static void Throw(void* args, int tile) => throw new InputException("tile");

    private static CountedSteps Steps(int count, Func<int, int> tiles) => new(count, tiles);

    private struct Crowd
    {
        public int HolderIsIn;
        public int Guests;
        public int Released;
        public int Now;
        public int Most;
        public int Done;
    }

    private struct Meeting
    {
        public int* Arrived;
    }

    private struct Nested
    {
        public GCHandle Pool;
        public CpuStep* Steps;
        public int Count;
    }
}
