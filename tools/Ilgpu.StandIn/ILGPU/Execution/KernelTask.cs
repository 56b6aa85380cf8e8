namespace ILGPU.Execution;

/// <summary>One launch: the kernel, its arguments and its shape. The one object that a launch makes.</summary>
internal abstract class KernelTask
{
    private int nextChunk;
    private int unfinishedChunks;

    internal Index3D GridDim { get; private set; }

    internal Index3D GroupDim { get; private set; }

    internal SharedMemoryConfig Dynamic { get; private set; }

    /// <summary>The extent of an indexed kernel.</summary>
    internal Index3D UserDim { get; set; }

    internal int WarpSize { get; private set; }

    internal int MaxSharedMemory { get; private set; }

    /// <summary>Whether the context was made with EnableAlgorithms.</summary>
    internal bool HasAlgorithms { get; private set; }

    internal int Chunks { get; private set; }

    internal long Groups { get; private set; }

    internal bool IsFinished => Volatile.Read(ref unfinishedChunks) == 0;

    internal abstract void RunLane(GroupRun run);

    internal void Prepare(Runtime.Accelerator accelerator, in KernelConfig config, int workers)
    {
        GridDim = config.GridDim;
        GroupDim = config.GroupDim;
        Dynamic = config.SharedMemoryConfig;
        WarpSize = accelerator.WarpSize;
        MaxSharedMemory = accelerator.MaxSharedMemoryPerGroup;
        HasAlgorithms = accelerator.Context.Properties.AlgorithmsEnabled;
        Groups = GridDim.LongSize;
        Chunks = (int)Math.Min(workers, Groups);
        unfinishedChunks = Chunks;
    }

    /// <summary>Runs chunks of consecutive groups until none is left unclaimed.</summary>
    internal void Drain(GroupRun run, Action? lastChunkDone)
    {
        while (true)
        {
            int chunk = Interlocked.Increment(ref nextChunk) - 1;
            if (chunk >= Chunks)
                return;
            run.Run(this, Groups * chunk / Chunks, Groups * (chunk + 1) / Chunks);
            if (Interlocked.Decrement(ref unfinishedChunks) == 0)
                lastChunkDone?.Invoke();
        }
    }
}
