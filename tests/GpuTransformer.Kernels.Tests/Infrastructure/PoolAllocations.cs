namespace GpuTransformer.Kernels.Tests;

/// <summary>Counts what the calling thread and a pool's workers allocate, and nobody else of the process.</summary>
internal static unsafe class PoolAllocations
{
    /// <summary>Bytes that these threads have allocated since they began.</summary>
    public static long Bytes(CpuPool pool)
    {
        var all = stackalloc long[CpuPool.MaxThreads];
        var roll = new RollCall { Threads = pool.Threads, Bytes = all };
        var step = new CpuStep(&Count, &Answer, &roll);
        pool.Walk(&step, 1);
        var sum = 0L;
        for (var i = 0; i < roll.Threads; i++)
        {
            sum += all[i];
        }

        return sum;
    }

    private static int Count(void* args) => ((RollCall*)args)->Threads;

    // Nobody takes a second tile before everybody has one.
    private static void Answer(void* args, int tile)
    {
        var roll = (RollCall*)args;
        roll->Bytes[tile] = GC.GetAllocatedBytesForCurrentThread();
        Interlocked.Increment(ref roll->Arrived);
        while (Volatile.Read(ref roll->Arrived) < roll->Threads)
        {
            Thread.Yield();
        }
    }

    private struct RollCall
    {
        public int Threads;
        public int Arrived;
        public long* Bytes;
    }
}
