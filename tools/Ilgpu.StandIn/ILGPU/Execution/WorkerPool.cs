namespace ILGPU.Execution;

/// <summary>One thread a core beside the caller's; a launch that finds them busy runs on its caller alone.</summary>
internal static class WorkerPool
{
    private static readonly SemaphoreSlim[] Wake = CreateWorkers();
    private static readonly ManualResetEventSlim Done = new(false, 200);
    private static readonly Action SignalDone = Done.Set;
    private static volatile KernelTask? current;
    private static int taken;

    /// <summary>How many threads a launch can use.</summary>
    internal static int Workers => Wake.Length + 1;

    internal static void Run(KernelTask task)
    {
        var run = GroupRun.OfThisThread;
        if (task.Chunks < 2 || Interlocked.Exchange(ref taken, 1) != 0)
        {
            task.Drain(run, null);
            return;
        }
        Done.Reset();
        current = task;
        foreach (var worker in Wake.AsSpan(0, task.Chunks - 1))
            worker.Release();
        task.Drain(run, SignalDone);
        Done.Wait();
        current = null;
        Volatile.Write(ref taken, 0);
    }

    private static SemaphoreSlim[] CreateWorkers()
    {
        var wake = new SemaphoreSlim[Environment.ProcessorCount - 1];
        for (int i = 0; i < wake.Length; i++)
        {
            var semaphore = wake[i] = new(0);
            new Thread(() => Work(semaphore)) { IsBackground = true, Name = $"ILGPU stand-in worker {i}" }.Start();
        }
        return wake;
    }

    private static void Work(SemaphoreSlim semaphore)
    {
        var run = GroupRun.OfThisThread;
        while (true)
        {
            semaphore.Wait();
            current?.Drain(run, SignalDone);
        }
    }
}
