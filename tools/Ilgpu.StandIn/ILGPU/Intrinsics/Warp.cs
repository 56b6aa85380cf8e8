using ILGPU.Execution;

namespace ILGPU;

/// <summary>The thread's place in its warp, and what the warp exchanges.</summary>
public static class Warp
{
    public static int WarpSize => GroupRun.Current.WarpSize;

    public static int LaneIdx => GroupRun.Current.LaneIdx;

    public static bool IsFirstLane => LaneIdx == 0;

    public static bool IsLastLane => LaneIdx == WarpSize - 1;

    public static int WarpIdx => ComputeWarpIdx(Group.LinearIndex);

    public static int ComputeWarpIdx(Index1D groupThreadIdx) => groupThreadIdx.X / WarpSize;

    public static int ComputeWarpThreadIdx(Index1D groupThreadIdx) => groupThreadIdx.X % WarpSize;

    public static void Barrier() => GroupRun.Current.WarpBarrier();

    public static T Shuffle<T>(T variable, int sourceLane)
        where T : unmanaged => GroupRun.Current.Shuffle(variable, sourceLane, WarpSize);

    public static T Shuffle<T>(T variable, int sourceLane, int width)
        where T : unmanaged
    {
        CheckWidth(width);
        // The package takes the segment from the source here, not from the calling lane.
        return GroupRun.Current.ShuffleFromSegment(
            variable,
            sourceLane % width,
            sourceLane / width * width,
            width);
    }

    public static T ShuffleDown<T>(T variable, int delta)
        where T : unmanaged => Shuffle(variable, LaneIdx + delta);

    public static T ShuffleDown<T>(T variable, int delta, int width)
        where T : unmanaged
    {
        CheckWidth(width);
        return GroupRun.Current.Shuffle(variable, (LaneIdx % width) + delta, width);
    }

    public static T ShuffleUp<T>(T variable, int delta)
        where T : unmanaged => Shuffle(variable, LaneIdx - delta);

    public static T ShuffleUp<T>(T variable, int delta, int width)
        where T : unmanaged
    {
        CheckWidth(width);
        return GroupRun.Current.Shuffle(variable, (LaneIdx % width) - delta, width);
    }

    public static T ShuffleXor<T>(T variable, int mask)
        where T : unmanaged => Shuffle(variable, LaneIdx ^ mask);

    public static T ShuffleXor<T>(T variable, int mask, int width)
        where T : unmanaged
    {
        CheckWidth(width);
        return GroupRun.Current.Shuffle(variable, (LaneIdx % width) ^ mask, width);
    }

    public static T Broadcast<T>(T value, int sourceLane)
        where T : unmanaged => GroupRun.Current.WarpBroadcast(value, sourceLane);

    private static void CheckWidth(int width)
    {
        if (width < 1 || width > WarpSize || !int.IsPow2(width))
            KernelFault.Fail($"{width} is no shuffle width in a warp of {WarpSize}.");
    }
}
