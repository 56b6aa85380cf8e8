namespace ILGPU.Execution;

/// <summary>
/// A pooled thread. It carries the stack of one lane while that lane waits, or helps a launch with its chunks.
/// </summary>
internal sealed class Carrier
{
    private const int StackBytes = 1 << 20;
    private static readonly Stack<Carrier> Idle = new();
    private static readonly Lock IdleLock = new();

    [ThreadStatic]
    private static Carrier? ofThisThread;

    private readonly Baton baton = new();
    private GroupRun? run;
    private KernelTask? task;
    private int lane;

    internal static Carrier OfThisThread => ofThisThread ??= new();

    /// <summary>Lets an idle thread start a lane.</summary>
    internal static void Start(GroupRun run, int lane)
    {
        var carrier = Take();
        carrier.run = run;
        carrier.lane = lane;
        carrier.Signal();
    }

    /// <summary>Lets an idle thread take chunks of a launch.</summary>
    internal static void Help(KernelTask task)
    {
        var carrier = Take();
        carrier.task = task;
        carrier.Signal();
    }

    internal void Signal() => baton.Pass();

    internal void Wait() => baton.Await();

    private static Carrier Take()
    {
        Carrier? carrier;
        lock (IdleLock)
            Idle.TryPop(out carrier);
        if (carrier == null)
        {
            carrier = new();
            new Thread(carrier.Work, StackBytes) { IsBackground = true, Name = "ILGPU stand-in" }.Start();
        }
        return carrier;
    }

    private void Work()
    {
        ofThisThread = this;
        while (true)
        {
            Wait();
            task?.Help();
            run?.CarryOn(lane);
            task = null;
            run = null;
            lock (IdleLock)
                Idle.Push(this);
        }
    }
}
