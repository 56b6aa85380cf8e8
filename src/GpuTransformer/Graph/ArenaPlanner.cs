namespace GpuTransformer.Graph;

/// <summary>Places every arena tensor by live range: two tensors share memory when no node needs both. First fit over
/// tensors by falling size, in blocks of 256 bytes (the idea of tinygrad's memory planner and of TFLite's, Pisarchyk and
/// Lee 2020, arXiv:2001.03288: greedy by size).</summary>
internal static class ArenaPlanner
{
    private const int BlockElements = 64;

    /// <summary>One tensor's elements and the nodes at which its life begins and ends, both included.</summary>
    public readonly record struct Interval(int Id, long Elements, int First, int Last);

    /// <summary>Offsets by interval, in elements, and the arena's size.</summary>
    public static (long[] Offsets, long Elements) Place(IReadOnlyList<Interval> intervals)
    {
        var offsets = new long[intervals.Count];
        var order = Enumerable.Range(0, intervals.Count)
            .OrderByDescending(i => intervals[i].Elements).ThenBy(i => intervals[i].First).ToArray();
        var placed = new List<int>();
        long total = 0;
        foreach (var i in order)
        {
            var size = Align(intervals[i].Elements);
            var offset = FirstGap(intervals, offsets, placed, i, size);
            offsets[i] = offset;
            placed.Add(i);
            total = Math.Max(total, offset + size);
        }

        return (offsets, total);
    }

    private static long FirstGap(
        IReadOnlyList<Interval> intervals, long[] offsets, List<int> placed, int candidate, long size)
    {
        var mine = intervals[candidate];
        var busy = placed
            .Where(p => intervals[p].First <= mine.Last && mine.First <= intervals[p].Last)
            .OrderBy(p => offsets[p]);
        long offset = 0;
        foreach (var p in busy)
        {
            if (offset + size <= offsets[p])
            {
                break;
            }

            offset = Math.Max(offset, offsets[p] + Align(intervals[p].Elements));
        }

        return offset;
    }

    private static long Align(long elements) => (elements + BlockElements - 1) / BlockElements * BlockElements;
}
