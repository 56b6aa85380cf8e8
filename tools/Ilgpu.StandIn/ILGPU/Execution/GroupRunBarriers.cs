using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ILGPU.Execution;

/// <summary>What lanes do when they meet; lanes that meet for different reasons have diverged.</summary>
internal enum Rendezvous
{
    Barrier,
    Count,
    Broadcast,
    Exchange,
}

internal sealed partial class GroupRun
{
    private readonly byte[][] groupSlots = [[], []];
    private int groupPhase;
    private int groupElementSize;
    private int counter;
    private int counted;
    private int broadcastLane;

    /// <summary>Returns when every lane of the group is here.</summary>
    internal void GroupBarrier(Rendezvous kind)
    {
        int lane = Lane;
        EndStretch();
        if (done > 0)
            KernelFault.Fail($"A group barrier is reached here after {done} threads of the group have left the kernel.");
        if (waiting == 0)
            groupRendezvous = kind;
        else if (groupRendezvous != kind)
            KernelFault.Fail($"The group diverged: some threads are at {groupRendezvous}, this one at {kind}.");
        if (++waiting < GroupSize)
        {
            states[lane] = LaneState.AtGroup;
            SwitchAway(lane);
            Log?.Resume(lane);
            return;
        }
        waiting = 0;
        counted = counter;
        counter = 0;
        groupPhase ^= 1;
        Shared.Align(GroupSize);
        Log?.PassBarrier();
        Release(0, GroupSize, LaneState.AtGroup);
        Log?.Resume(lane);
    }

    internal int Count(bool predicate)
    {
        if (predicate)
            counter++;
        GroupBarrier(Rendezvous.Count);
        return counted;
    }

    internal T GroupBroadcast<T>(T value, int sourceLane)
        where T : unmanaged
    {
        if ((uint)sourceLane >= (uint)GroupSize)
            KernelFault.Fail($"A broadcast from thread {sourceLane} of a group of {GroupSize}.");
        if (waiting == 0)
            broadcastLane = sourceLane;
        else if (broadcastLane != sourceLane)
            KernelFault.Fail($"A broadcast from thread {broadcastLane} to some, from {sourceLane} to others.");
        return Exchange(value, Rendezvous.Broadcast)[sourceLane];
    }

    /// <summary>The values of all lanes of the group, in lane order.</summary>
    internal ReadOnlySpan<T> GroupReduction<T>(T value)
        where T : unmanaged
    {
        CheckReduction();
        return Exchange(value, Rendezvous.Exchange);
    }

    /// <summary>The values of all lanes of the warp, in lane order.</summary>
    internal ReadOnlySpan<T> WarpReduction<T>(T value)
        where T : unmanaged
    {
        CheckReduction();
        return WarpExchange(value, Rendezvous.Exchange);
    }

    private void CheckReduction()
    {
        if (!task.HasAlgorithms)
            KernelFault.Fail("GroupExtensions and WarpExtensions need a context with EnableAlgorithms.");
        // The package's reductions read lanes that a partial warp lacks (48 threads in warps of 32: wrong).
        if (GroupSize % WarpSize != 0)
            KernelFault.Fail($"A reduction over {GroupSize} threads, which do not fill warps of {WarpSize}.");
    }

    private ReadOnlySpan<T> Exchange<T>(T value, Rendezvous kind)
        where T : unmanaged
    {
        // Two phases in turn: a lane that is already at the next exchange leaves this one's values alone.
        int phase = groupPhase;
        int bytes = GroupSize * Unsafe.SizeOf<T>();
        if (waiting == 0)
        {
            groupElementSize = Unsafe.SizeOf<T>();
            if (groupSlots[phase].Length < bytes)
                groupSlots[phase] = new byte[bytes];
        }
        else if (groupElementSize != Unsafe.SizeOf<T>())
        {
            KernelFault.Fail("The threads of a group exchange values of different sizes.");
        }
        MemoryMarshal.Cast<byte, T>(groupSlots[phase].AsSpan(0, bytes))[Lane] = value;
        GroupBarrier(kind);
        return MemoryMarshal.Cast<byte, T>(groupSlots[phase].AsSpan(0, bytes));
    }
}
