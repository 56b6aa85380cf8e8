using System.Runtime.InteropServices;

namespace ILGPU.Execution;

/// <summary>References that lanes hold across barriers.</summary>
internal sealed partial class AccessLog
{
    /// <summary>Barriers after which a reference is taken to be let go.</summary>
    private const int MostBarriers = 3;

    private readonly List<List<Kept>> keptOfLane = [];

    /// <summary>The lane runs on after a rendezvous: what it may still write is as the others have left it.</summary>
    internal void Resume(int lane)
    {
        foreach (var kept in KeptOf(lane))
        {
            var (buffer, begin, end, _) = kept.Access;
            for (long unit = begin; unit < end; unit++)
            {
                ref var word = ref buffer.Shadow![unit];
                word.Stretch = stretch;
                word.IsKept = true;
                word.IsAtomic = false;
                word.Before = Read(buffer, unit);
            }
        }
    }

    private List<Kept> KeptOf(int lane)
    {
        while (keptOfLane.Count <= lane)
            keptOfLane.Add([]);
        return keptOfLane[lane];
    }

    private void EndKept(List<Kept> kept, GroupRun run, LaneMark mark, bool isLast)
    {
        int left = 0;
        foreach (var reference in CollectionsMarshal.AsSpan(kept))
        {
            var access = reference.Access;
            if (HasChanged(access))
            {
                // What the lane has named again since then is in the other list.
                for (long unit = access.Begin; unit < access.End; unit++)
                {
                    ref var word = ref access.Buffer.Shadow![unit];
                    if (word.IsKept && Read(access.Buffer, unit) != word.Before)
                        Classify(access, unit, isWrite: true, run, mark);
                }
            }
            else if (!isLast && reference.Barriers + 1 < MostBarriers)
            {
                kept[left++] = reference with { Barriers = reference.Barriers + 1 };
            }
            else if (reference.IsUnwritten)
            {
                ReportUnwritten(access, run);
            }
        }
        kept.RemoveRange(left, kept.Count - left);
    }

    private void ReportUnwritten(in Access access, GroupRun run) =>
        check.ReportUnwritten($"{Place(access.Buffer, access.Begin)} is read by {run.Place} before anyone wrote it");

    private readonly record struct Kept(Access Access, int Barriers, bool IsUnwritten);
}
