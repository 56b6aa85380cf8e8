using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Counts bytes that threads of the process allocate, or sets how many there are, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(AloneInProcess), DisableParallelization = true)]
public sealed class AloneInProcess;

/// <summary>A walk after the first allocates nothing, on the caller's thread and on the workers'.</summary>
public sealed unsafe class CpuPoolAllocationTests
{
    [Fact]
    public void Walk_AllocatesNothing()
    {
        var pool = new CpuPool(4);
        var steps = new CountedSteps(8, i => 1 + i * 7);
        pool.Walk(steps.Pointer, steps.Count);
        PoolAllocations.Bytes(pool);
        var before = PoolAllocations.Bytes(pool);
        for (var i = 0; i < 200; i++)
        {
            pool.Walk(steps.Pointer, steps.Count);
            if (i % 20 == 0)
            {
                // Long enough that the workers sleep and are woken.
                Thread.Sleep(2);
            }
        }

        var after = PoolAllocations.Bytes(pool);
        pool.Limit(1);
        steps.Free();
        Assert.Equal(before, after);
    }

    [Fact]
    public void Counting_SeesWhatAWorkerAllocates()
    {
        var pool = new CpuPool(3);
        PoolAllocations.Bytes(pool);
        var before = PoolAllocations.Bytes(pool);
        var arrived = 0;
        var step = new CpuStep(&Three, &AllocateOnEachThread, &arrived);
        pool.Walk(&step, 1);
        var bytes = PoolAllocations.Bytes(pool) - before;
        pool.Limit(1);
        Assert.InRange(bytes, 3 * 1000, 3 * 1100);
    }

    private static int Three(void* args) => 3;

    private static void AllocateOnEachThread(void* args, int tile)
    {
        s_kept[tile] = new byte[1000];
        Interlocked.Increment(ref *(int*)args);
        while (Volatile.Read(ref *(int*)args) < 3)
        {
            Thread.Yield();
        }
    }

    private static readonly byte[][] s_kept = new byte[3][];
}
