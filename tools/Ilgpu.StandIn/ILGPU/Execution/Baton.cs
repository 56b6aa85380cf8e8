namespace ILGPU.Execution;

/// <summary>Wakes one thread, which waits for nothing else. It lives as long as its thread.</summary>
internal sealed class Baton
{
    private readonly object gate = new();
    private bool here;

    internal void Pass()
    {
        lock (gate)
        {
            here = true;
            Monitor.Pulse(gate);
        }
    }

    internal void Await()
    {
        lock (gate)
        {
            while (!here)
                Monitor.Wait(gate);
            here = false;
        }
    }
}
