namespace ILGPU.Execution;

/// <summary>The order in which a checked launch runs its groups and lanes.</summary>
internal sealed partial class GroupRun
{
    private int[] laneOrder = [];
    private int[] placeOfLane = [];
    private Random? shuffle;
    private bool hasOrder;

    /// <summary>What a checked launch remembers; null: the launch is not checked.</summary>
    internal AccessLog? Log { get; private set; }

    /// <summary>The order of the groups; null: as they are numbered.</summary>
    private long[]? BeginChecks(KernelTask launch)
    {
        Log = launch.Log;
        shuffle = null;
        hasOrder = Log is { Check.Seed: not RaceCheck.PlainOrder };
        if (!hasOrder)
            return null;
        if (laneOrder.Length != GroupSize)
        {
            laneOrder = new int[GroupSize];
            placeOfLane = new int[GroupSize];
        }
        var groups = new long[launch.Groups];
        for (long i = 0; i < groups.Length; i++)
            groups[i] = groups.Length - 1 - i;
        for (int i = 0; i < GroupSize; i++)
            laneOrder[i] = i;
        if (Log!.Check.Seed != RaceCheck.ReverseOrder)
        {
            shuffle = new(Log.Check.Seed);
            shuffle.Shuffle(groups);
        }
        return groups;
    }

    /// <summary>A new order for the stretch after a rendezvous.</summary>
    private void OrderLanes()
    {
        if (!hasOrder)
            return;
        if (shuffle != null)
            shuffle.Shuffle(laneOrder);
        else
            Array.Reverse(laneOrder);
        for (int i = 0; i < GroupSize; i++)
            placeOfLane[laneOrder[i]] = i;
    }

    private int FirstLane()
    {
        OrderLanes();
        return hasOrder ? laneOrder[0] : 0;
    }

    private int NextInOrder(int lane)
    {
        int place = placeOfLane[lane] + 1;
        return laneOrder[place == GroupSize ? 0 : place];
    }

    private void EndStretch(bool isLast = false) => Log?.EndStretch(this, warps[Lane / WarpSize].Epoch, isLast);
}
