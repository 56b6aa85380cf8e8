namespace GpuTransformer.Graph;

/// <summary>Places every arena tensor by live range: two tensors share memory when no node needs both. Greedy, in blocks
/// of 256 bytes, largest tensors first (the idea of tinygrad's memory planner and of TFLite's, Pisarchyk and Lee 2020,
/// arXiv:2001.03288); where that takes more than must be alive at one node, other orders are tried too.</summary>
internal static class ArenaPlanner
{
    private const int BlockElements = 64;

    /// <summary>One tensor's elements and the nodes at which its life begins and ends, both included.</summary>
    public readonly record struct Interval(int Id, long Elements, int First, int Last)
    {
        /// <summary>Elements in whole blocks.</summary>
        public long Size => (Elements + BlockElements - 1) / BlockElements * BlockElements;
    }

    /// <summary>Offsets by interval, in elements, and the arena's size.</summary>
    public static (long[] Offsets, long Elements) Place(IReadOnlyList<Interval> intervals)
    {
        Interval[] all = [.. intervals];
        var least = MostAlive(all);
        (long[] Offsets, long Elements) best = ([], long.MaxValue);
        foreach (var order in s_orders)
        {
            foreach (var takesSmallest in new[] { false, true })
            {
                var (offsets, elements) = Place(all, order, takesSmallest);
                if (elements < best.Elements)
                {
                    best = (offsets, elements);
                }

                if (best.Elements == least)
                {
                    return best;
                }
            }
        }

        return best;
    }

    /// <summary>The most elements that are alive at one node: no arena can be smaller.</summary>
    public static long MostAlive(IReadOnlyList<Interval> intervals)
    {
        long most = 0;
        foreach (var at in intervals)
        {
            // The most are alive where a life begins.
            long alive = 0;
            foreach (var other in intervals)
            {
                alive += other.First <= at.First && at.First <= other.Last ? other.Size : 0;
            }

            most = Math.Max(most, alive);
        }

        return most;
    }

    // By falling size; by falling size times life; as they are born.
    private static readonly Comparison<Interval>[] s_orders =
    [
        static (a, b) => a.Elements != b.Elements ? b.Elements.CompareTo(a.Elements) : a.First.CompareTo(b.First),
        static (a, b) => (b.Elements * (b.Last - b.First + 1L)).CompareTo(a.Elements * (a.Last - a.First + 1L)),
        static (a, b) => a.First != b.First ? a.First.CompareTo(b.First) : b.Elements.CompareTo(a.Elements),
    ];

    private static (long[] Offsets, long Elements) Place(Interval[] all, Comparison<Interval> compare, bool takesSmallest)
    {
        var order = new int[all.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        // Ties by place, so that every machine makes the same plan.
        Array.Sort(order, (a, b) => compare(all[a], all[b]) is var c and not 0 ? c : a.CompareTo(b));
        var offsets = new long[all.Length];
        var placed = new List<int>(all.Length);
        long total = 0;
        foreach (var i in order)
        {
            offsets[i] = Gap(all, offsets, placed, all[i], takesSmallest);
            var at = placed.Count;
            while (at > 0 && offsets[placed[at - 1]] > offsets[i])
            {
                at--;
            }

            placed.Insert(at, i);
            total = Math.Max(total, offsets[i] + all[i].Size);
        }

        return (offsets, total);
    }

    /// <summary>The first or the smallest gap between what is alive at the same time; behind all of it where there is none.</summary>
    private static long Gap(Interval[] all, long[] offsets, List<int> placed, Interval mine, bool takesSmallest)
    {
        long end = 0;
        long found = -1;
        var smallest = long.MaxValue;
        foreach (var p in placed)
        {
            if (all[p].First > mine.Last || mine.First > all[p].Last)
            {
                continue;
            }

            var gap = offsets[p] - end;
            if (gap >= mine.Size && gap < smallest)
            {
                (found, smallest) = (end, gap);
                if (!takesSmallest)
                {
                    return found;
                }
            }

            end = Math.Max(end, offsets[p] + all[p].Size);
        }

        return found >= 0 ? found : end;
    }
}
