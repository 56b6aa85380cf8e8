using System.Runtime.CompilerServices;

namespace ILGPU.Execution;

/// <summary>
/// Runs the groups of a launch one after the other on one thread. Inside a group exactly one lane runs at a time:
/// lanes run one after the other on the same thread until one has to wait; then its thread keeps its stack and the
/// baton goes to the next lane on another thread. A kernel that never waits never changes threads.
/// </summary>
internal sealed partial class GroupRun
{
    [ThreadStatic]
    private static GroupRun? current;

    [ThreadStatic]
    private static GroupRun? ofThisThread;

    private readonly ScratchPool scratch = new();
    private KernelTask task = null!;
    private long groupIndex;
    private LaneState[] states = [];
    private Carrier[] carriers = [];
    private int done;
    private int waiting;
    private int step = 1;
    private Rendezvous groupRendezvous;
    private Carrier owner = null!;

    private GroupRun()
    {
        Shared = new(scratch);
    }

    private enum LaneState : byte
    {
        NotStarted,
        Ready,
        Running,
        AtGroup,
        AtWarp,
        Done,
    }

    internal static GroupRun OfThisThread => ofThisThread ??= new();

    internal static GroupRun? CurrentOrNull => current;

    internal static GroupRun Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var run = current;
            if (run == null)
                KernelFault.Fail("This can only be asked inside a kernel.");
            return run;
        }
    }

    internal SharedBlocks Shared { get; }

    internal Index3D GridDim { get; private set; }

    internal Index3D GroupDim { get; private set; }

    internal int GroupSize { get; private set; }

    internal int WarpSize { get; private set; }

    internal int GridX { get; private set; }

    internal int GridY { get; private set; }

    internal int GridZ { get; private set; }

    internal int Lane { get; private set; }

    internal int IdxX { get; private set; }

    internal int IdxY { get; private set; }

    internal int IdxZ { get; private set; }

    internal int LaneIdx => Lane % WarpSize;

    internal string KernelName => task.KernelName;

    internal string Place => $"group ({GridX}, {GridY}, {GridZ}), thread ({IdxX}, {IdxY}, {IdxZ})";

    /// <summary>Runs the groups from <paramref name="begin"/> up to <paramref name="end"/>.</summary>
    internal void Run(KernelTask launch, long begin, long end)
    {
        task = launch;
        GridDim = launch.GridDim;
        GroupDim = launch.GroupDim;
        GroupSize = launch.GroupDim.Size;
        WarpSize = launch.WarpSize;
        owner = Carrier.OfThisThread;
        PrepareLanes();
        current = this;
        Enter(0);
        long[]? order = BeginChecks(launch);
        MoveTo(begin);
        for (long place = begin; place < end; place++)
        {
            groupIndex = order?[place] ?? place;
            if (order != null)
                MoveTo(groupIndex);
            Log?.BeginGroup(groupIndex);
            if (GroupSize == 1)
                RunSingleThread();
            else
                RunGroup();
            MoveOn();
        }
        current = null;
        task = null!;
        Log = null;
    }

    /// <summary>Runs lanes from <paramref name="lane"/> on; true when it ended the last one.</summary>
    internal bool CarryOn(int lane)
    {
        current = this;
        while (true)
        {
            states[lane] = LaneState.Running;
            Enter(lane);
            RunLane();
            Leave(lane);
            if (done == GroupSize)
            {
                bool isOwner = Carrier.OfThisThread == owner;
                if (!isOwner)
                    owner.Signal();
                return isOwner;
            }
            int next = NextLane(lane);
            if (states[next] != LaneState.NotStarted)
            {
                carriers[next].Signal();
                return false;
            }
            lane = next;
        }
    }

    /// <summary>The index of the running lane in the extent of an indexed kernel; false past its end.</summary>
    internal bool TryGetUserIndex<TIndex>(out TIndex index)
        where TIndex : struct, IIndex
    {
        var extent = task.UserDim;
        long linear = (groupIndex * GroupSize) + Lane;
        if (linear >= extent.LongSize)
        {
            index = default;
            return false;
        }
        if (typeof(TIndex) == typeof(Index1D))
        {
            index = (TIndex)(object)new Index1D((int)linear);
            return true;
        }
        long row = linear / extent.X;
        var place = new Index3D((int)(linear % extent.X), (int)(row % extent.Y), (int)(row / extent.Y));
        index = ConvertIndex<TIndex>(place);
        return true;
    }

    internal ArrayView<T> AllocateLocal<T>(int extent)
        where T : unmanaged
    {
        if (extent < 0)
            KernelFault.Fail($"Local memory of {extent} elements.");
        return scratch.Take((long)extent * Unsafe.SizeOf<T>()).Poisoned<T>(extent);
    }

    private static TIndex ConvertIndex<TIndex>(Index3D place)
        where TIndex : struct, IIndex
    {
        if (typeof(TIndex) == typeof(Index2D))
            return (TIndex)(object)new Index2D(place.X, place.Y);
        if (typeof(TIndex) == typeof(Index3D))
            return (TIndex)(object)place;
        if (typeof(TIndex) == typeof(LongIndex1D))
            return (TIndex)(object)new LongIndex1D(place.X);
        if (typeof(TIndex) == typeof(LongIndex2D))
            return (TIndex)(object)new LongIndex2D(place.X, place.Y);
        return (TIndex)(object)place.ToLongIndex();
    }

    private void PrepareLanes()
    {
        if (states.Length < GroupSize)
        {
            states = new LaneState[GroupSize];
            carriers = new Carrier[GroupSize];
        }
        done = 0;
        waiting = 0;
        PrepareWarps();
        BeginWarps();
        Shared.Begin(task, GroupSize);
    }

    private void MoveTo(long group)
    {
        long row = group / GridDim.X;
        GridX = (int)(group % GridDim.X);
        GridY = (int)(row % GridDim.Y);
        GridZ = (int)(row / GridDim.Y);
    }

    private void MoveOn()
    {
        if (++GridX < GridDim.X)
            return;
        GridX = 0;
        if (++GridY < GridDim.Y)
            return;
        GridY = 0;
        GridZ++;
    }

    /// <summary>A group of one thread waits for nobody: nothing to set up and nothing to hand over.</summary>
    private void RunSingleThread()
    {
        RunLane();
        EndStretch(isLast: true);
        if (scratch.IsUsed)
        {
            scratch.GiveBackAll();
            Shared.Begin(task, 1);
        }
    }

    private void RunGroup()
    {
        Array.Clear(states, 0, GroupSize);
        done = 0;
        waiting = 0;
        step = 1;
        BeginWarps();
        Shared.Begin(task, GroupSize);
        if (!CarryOn(FirstLane()))
        {
            owner.Wait();
            current = this;
        }
        scratch.GiveBackAll();
    }

    private void RunLane()
    {
        try
        {
            task.RunLane(this);
        }
        catch (Exception exception)
        {
            KernelFault.Escaped(this, exception);
        }
    }

    private void Enter(int lane)
    {
        Lane = lane;
        int row = lane / GroupDim.X;
        IdxX = lane - (row * GroupDim.X);
        IdxZ = row / GroupDim.Y;
        IdxY = row - (IdxZ * GroupDim.Y);
    }

    private void Leave(int lane)
    {
        EndStretch(isLast: true);
        states[lane] = LaneState.Done;
        done++;
        if (waiting > 0)
            KernelFault.Fail($"The kernel ended here while {waiting} threads of the group wait at a barrier.");
        LeaveWarp(lane);
    }

    /// <summary>The next lane that can run, in the direction of this stretch between two barriers.</summary>
    private int NextLane(int lane)
    {
        int next = lane;
        for (int i = 0; i < GroupSize; i++)
        {
            next = hasOrder ? NextInOrder(next) : next + step;
            if (next == GroupSize)
                next = 0;
            else if (next < 0)
                next = GroupSize - 1;
            if (states[next] is LaneState.NotStarted or LaneState.Ready)
                return next;
        }
        KernelFault.Fail(
            $"No thread of the group can go on: {waiting} wait at a group barrier, the others at a warp exchange.");
        return -1;
    }

    private void SwitchAway(int lane)
    {
        var carrier = Carrier.OfThisThread;
        carriers[lane] = carrier;
        int next = NextLane(lane);
        if (states[next] == LaneState.NotStarted)
            Carrier.Start(this, next);
        else
            carriers[next].Signal();
        carrier.Wait();
        states[lane] = LaneState.Running;
        Enter(lane);
    }

    private void Release(int begin, int end, LaneState from)
    {
        for (int i = begin; i < end; i++)
        {
            if (states[i] == from)
                states[i] = LaneState.Ready;
        }
        // Up and down in turn: a barrier that is missing shows as a wrong number either way.
        step = -step;
        OrderLanes();
    }
}
