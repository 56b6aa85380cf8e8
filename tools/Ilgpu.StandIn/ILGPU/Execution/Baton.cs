using System.Runtime.InteropServices;

namespace ILGPU.Execution;

/// <summary>
/// Wakes one thread, which waits for nothing else. On Linux the kernel's own futex takes 3 to 4 microseconds from one
/// lane to the next where <see cref="Monitor"/> takes 8 to 18 (two busy cores, 16 and 256 lanes).
/// </summary>
internal sealed unsafe partial class Baton
{
    private const int WaitPrivate = 128;
    private const int WakePrivate = 129;

    private static readonly nint FutexCall = !OperatingSystem.IsLinux()
        ? 0
        : RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 202,
            Architecture.Arm64 => 98,
            _ => 0,
        };

    // A baton lives as long as its thread, and pooled threads are never ended: the word is not freed.
    private readonly int* word = (int*)NativeMemory.AllocZeroed(64);
    private readonly object gate = new();

    internal void Pass()
    {
        if (FutexCall != 0)
        {
            Volatile.Write(ref *word, 1);
            Futex(FutexCall, word, WakePrivate, 1, 0);
            return;
        }
        lock (gate)
        {
            *word = 1;
            Monitor.Pulse(gate);
        }
    }

    internal void Await()
    {
        if (FutexCall != 0)
        {
            while (Interlocked.CompareExchange(ref *word, 0, 1) != 1)
                Futex(FutexCall, word, WaitPrivate, 0, 0);
            return;
        }
        lock (gate)
        {
            while (*word == 0)
                Monitor.Wait(gate);
            *word = 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Futex(nint number, int* word, nint operation, nint value, nint timeout);
}
