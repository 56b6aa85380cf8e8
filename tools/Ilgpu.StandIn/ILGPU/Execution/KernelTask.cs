namespace ILGPU.Execution;

/// <summary>One launch: the kernel, its arguments and its shape. The one object that a launch makes.</summary>
internal abstract class KernelTask(Delegate kernel)
{
    private int nextChunk;
    private int unfinishedChunks;
    private Carrier owner = null!;

    internal Delegate Kernel => kernel;

    internal Index3D GridDim { get; private set; }

    internal Index3D GroupDim { get; private set; }

    internal SharedMemoryConfig Dynamic { get; private set; }

    /// <summary>The extent of an indexed kernel.</summary>
    internal Index3D UserDim { get; set; }

    internal int WarpSize { get; private set; }

    internal int MaxSharedMemory { get; private set; }

    /// <summary>Whether the context was made with EnableAlgorithms.</summary>
    internal bool HasAlgorithms { get; private set; }

    /// <summary>What a checked launch remembers; null: the launch is not checked.</summary>
    internal AccessLog? Log { get; private set; }

    internal string KernelName => $"{kernel.Method.DeclaringType?.Name}.{kernel.Method.Name}";

    internal int Chunks { get; private set; }

    internal long Groups { get; private set; }

    internal abstract void RunLane(GroupRun run);

    internal void Prepare(Runtime.Accelerator accelerator, in KernelConfig config)
    {
        GridDim = config.GridDim;
        GroupDim = config.GroupDim;
        Dynamic = config.SharedMemoryConfig;
        WarpSize = accelerator.WarpSize;
        MaxSharedMemory = accelerator.MaxSharedMemoryPerGroup;
        HasAlgorithms = accelerator.Context.Properties.AlgorithmsEnabled;
        Groups = GridDim.LongSize;
        Log = accelerator.Races is { } check ? new(check) : null;
        Chunks = Log != null ? 1 : (int)Math.Min(Environment.ProcessorCount, Groups);
        unfinishedChunks = Chunks;
    }

    /// <summary>Runs all groups, on the calling thread and as many others as the launch has chunks.</summary>
    internal void Run()
    {
        owner = Carrier.OfThisThread;
        for (int helper = 1; helper < Chunks; helper++)
            Carrier.Help(this);
        if (!Drain())
            owner.Wait();
    }

    /// <summary>What a helping thread does: when it ends the last chunk, it wakes the owner.</summary>
    internal void Help()
    {
        if (Drain())
            owner.Signal();
    }

    /// <summary>Runs chunks of consecutive groups until none is unclaimed; true when it ended the last one.</summary>
    private bool Drain()
    {
        var run = GroupRun.OfThisThread;
        bool isLast = false;
        while (true)
        {
            int chunk = Interlocked.Increment(ref nextChunk) - 1;
            if (chunk >= Chunks)
                return isLast;
            run.Run(this, Groups * chunk / Chunks, Groups * (chunk + 1) / Chunks);
            isLast |= Interlocked.Decrement(ref unfinishedChunks) == 0;
        }
    }
}
