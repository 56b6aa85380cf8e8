namespace ILGPU.Execution;

/// <summary>A thread that carries the stack of one lane while that lane waits.</summary>
internal sealed class Carrier
{
    private const int StackBytes = 1 << 20;
    private static readonly Stack<Carrier> Idle = new();
    private static readonly Lock IdleLock = new();

    [ThreadStatic]
    private static Carrier? ofThisThread;

    private readonly Baton baton = new();
    private GroupRun? run;
    private int lane;

    internal static Carrier OfThisThread => ofThisThread ??= new();

    /// <summary>Lets an idle thread start a lane.</summary>
    internal static void Start(GroupRun run, int lane)
    {
        Carrier? carrier;
        lock (IdleLock)
            Idle.TryPop(out carrier);
        if (carrier == null)
        {
            carrier = new();
            new Thread(carrier.Work, StackBytes) { IsBackground = true, Name = "ILGPU stand-in lane" }.Start();
        }
        carrier.run = run;
        carrier.lane = lane;
        carrier.Signal();
    }

    internal void Signal() => baton.Pass();

    internal void Wait() => baton.Await();

    private void Work()
    {
        ofThisThread = this;
        while (true)
        {
            Wait();
            var current = run!;
            current.CarryOn(lane);
            run = null;
            lock (IdleLock)
                Idle.Push(this);
        }
    }
}
