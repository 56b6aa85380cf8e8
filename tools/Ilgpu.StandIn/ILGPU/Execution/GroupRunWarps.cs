using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ILGPU.Execution;

internal sealed partial class GroupRun
{
    private WarpState[] warps = [];

    internal void WarpBarrier() => MeetWarp(Rendezvous.Barrier, 0);

    /// <summary>The value of lane <paramref name="source"/> of the caller's segment; its own when out of bounds.</summary>
    internal T Shuffle<T>(T value, int source, int width)
        where T : unmanaged => ShuffleFromSegment(value, source, LaneIdx / width * width, width);

    internal T ShuffleFromSegment<T>(T value, int source, int segment, int width)
        where T : unmanaged
    {
        var values = WarpExchange(value, Rendezvous.Exchange);
        if ((uint)source >= (uint)width)
            return value;
        if ((uint)(segment + source) >= (uint)WarpSize)
            KernelFault.Fail($"A shuffle from lane {segment + source} of a warp of {WarpSize}.");
        return values[segment + source];
    }

    internal T WarpBroadcast<T>(T value, int source)
        where T : unmanaged
    {
        if ((uint)source >= (uint)WarpSize)
            KernelFault.Fail($"A broadcast from lane {source} of a warp of {WarpSize}.");
        ref var warp = ref warps[Lane / WarpSize];
        if (warp.Waiting == 0)
            warp.BroadcastLane = source;
        else if (warp.BroadcastLane != source)
            KernelFault.Fail($"A broadcast from lane {warp.BroadcastLane} to some, from {source} to others.");
        return WarpExchange(value, Rendezvous.Broadcast)[source];
    }

    /// <summary>The values of the caller's warp in lane order; lanes that the group lacks hold poison.</summary>
    internal ReadOnlySpan<T> WarpExchange<T>(T value, Rendezvous kind)
        where T : unmanaged
    {
        ref var warp = ref warps[Lane / WarpSize];
        int phase = warp.Phase;
        int bytes = WarpSize * Unsafe.SizeOf<T>();
        if (warp.Waiting == 0)
        {
            if (warp.Slots(phase).Length < bytes)
                warp.Slots(phase) = new byte[bytes];
            warp.Slots(phase).AsSpan(0, bytes).Fill(0xFF);
        }
        var slots = warp.Slots(phase);
        if (slots.Length >= bytes)
            MemoryMarshal.Cast<byte, T>(slots.AsSpan(0, bytes))[LaneIdx] = value;
        MeetWarp(kind, Unsafe.SizeOf<T>());
        return MemoryMarshal.Cast<byte, T>(slots.AsSpan(0, bytes));
    }

    private void PrepareWarps()
    {
        int count = (GroupSize + WarpSize - 1) / WarpSize;
        if (warps.Length >= count)
            return;
        Array.Resize(ref warps, count);
        for (int i = 0; i < count; i++)
        {
            warps[i].EvenSlots ??= [];
            warps[i].OddSlots ??= [];
        }
    }

    private void BeginWarps()
    {
        int count = (GroupSize + WarpSize - 1) / WarpSize;
        for (int i = 0; i < count; i++)
        {
            ref var warp = ref warps[i];
            warp.Waiting = 0;
            warp.Done = 0;
            warp.Epoch = 0;
            warp.Lanes = Math.Min(WarpSize, GroupSize - (i * WarpSize));
        }
    }

    private void LeaveWarp(int lane)
    {
        ref var warp = ref warps[lane / WarpSize];
        warp.Done++;
        if (warp.Waiting > 0)
            KernelFault.Fail($"The kernel ended here while {warp.Waiting} lanes of the warp wait at an exchange.");
    }

    private void MeetWarp(Rendezvous kind, int elementSize)
    {
        int lane = Lane;
        EndStretch();
        int index = lane / WarpSize;
        ref var warp = ref warps[index];
        if (warp.Done > 0)
            KernelFault.Fail($"A warp exchange is reached here after {warp.Done} lanes of the warp have left.");
        if (warp.Waiting == 0)
        {
            warp.Kind = kind;
            warp.ElementSize = elementSize;
        }
        else if (warp.Kind != kind || warp.ElementSize != elementSize)
        {
            KernelFault.Fail(
                $"The warp diverged: some lanes are at {warp.Kind} of {warp.ElementSize} bytes, this one at {kind} " +
                $"of {elementSize}.");
        }
        if (++warp.Waiting < warp.Lanes)
        {
            states[lane] = LaneState.AtWarp;
            SwitchAway(lane);
            Log?.Resume(lane);
            return;
        }
        warp.Waiting = 0;
        warp.Phase ^= 1;
        // A barrier orders memory inside the warp; a shuffle only hands values over.
        if (kind == Rendezvous.Barrier)
            warp.Epoch++;
        Release(index * WarpSize, (index * WarpSize) + warp.Lanes, LaneState.AtWarp);
        Log?.Resume(lane);
    }

    private struct WarpState
    {
        internal int Waiting;
        internal int Done;
        internal int Lanes;
        internal int Phase;
        internal int Epoch;
        internal int ElementSize;
        internal int BroadcastLane;
        internal Rendezvous Kind;
        internal byte[] EvenSlots;
        internal byte[] OddSlots;

        [UnscopedRef]
        internal ref byte[] Slots(int phase) => ref (phase == 0 ? ref EvenSlots : ref OddSlots);
    }
}
